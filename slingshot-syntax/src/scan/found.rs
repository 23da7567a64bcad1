//! What the scan of a crate says: plain values, with their places.

use super::{
    file::{DeclaredHandler, DeclaredService},
    place::{Place, Remark},
    registrations::Made,
    returned_case::OpenCase,
};
use crate::CaseLiteral;

/// What the annotations of one crate say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrateScan {
    /// The services, in the order of the files.
    pub services: Vec<ServiceScan>,
    /// The handlers, in the order of the files.
    pub handlers: Vec<HandlerScan>,
    /// What is made by calls, in the order of the files.
    pub registered: Vec<Registered>,
    /// What could not be seen of the crate as a whole, with the file.
    pub unseen: Vec<(usize, Remark)>,
}

/// A service or a handler that a call makes, without an annotation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// Which of the two.
    pub made: Made,
    /// Its name.
    pub name: String,
    /// The file, as an index into what was resolved.
    pub file: usize,
    /// The string literal.
    pub at: Place,
}

/// A service with everything that the crate says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceScan {
    /// The file, as an index into what was resolved.
    pub file: usize,
    /// The annotation.
    pub declared: DeclaredService,
    /// The cases that the function, and its startup function, can return.
    pub cases: CaseSet,
    /// The bucket keys that it reads, each once, in the order of their names.
    pub reads: Vec<FoundKey>,
    /// The bucket keys that it writes.
    pub writes: Vec<FoundKey>,
    /// Whether there may be keys that were not seen.
    pub hides_keys: bool,
    /// The handlers that it calls, in the order of the code.
    pub calls: Vec<FoundCall>,
    /// The services that it sends ids to, in the order of the code.
    pub sends: Vec<FoundSend>,
    /// Where it names keys, handlers and services that are not seen.
    pub unseen: Vec<Unseen>,
    /// Why its cases are not all seen, with the file.
    pub unseen_cases: Vec<(usize, Remark)>,
}

/// A place at which more may be named than is seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unseen {
    /// The file, as an index into what was resolved.
    pub file: usize,
    /// The place, and what is not seen there.
    pub remark: Remark,
    /// What makes it seen.
    pub help: &'static str,
}

/// A handler with everything that the crate says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandlerScan {
    /// The file, as an index into what was resolved.
    pub file: usize,
    /// The annotation.
    pub declared: DeclaredHandler,
    /// The handlers that it calls, in the order of the code.
    pub calls: Vec<FoundCall>,
    /// The services that it sends ids to, in the order of the code.
    pub sends: Vec<FoundSend>,
    /// Where it names handlers and services that are not seen.
    pub unseen: Vec<Unseen>,
}

/// The cases of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CaseSet {
    /// Every case there is.
    Closed(Vec<FoundCase>),
    /// Any value of these types and of the cases of enums beside them; `None` where a type was not found.
    Open(Option<Vec<FoundType>>),
}

/// A type whose cases are not listed, and the code that says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundType {
    /// What its values are.
    pub kind: OpenCase,
    /// The file, as an index.
    pub file: usize,
    /// The type in the signature.
    pub at: Place,
}

/// A case and the code that says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundCase {
    /// The value.
    pub case: CaseLiteral,
    /// The file, as an index.
    pub file: usize,
    /// The enum's variant, or the type in the signature.
    pub at: Place,
    /// Whether a build may be without it.
    pub is_conditional: bool,
}

/// A bucket key and the code that says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundKey {
    /// The key.
    pub key: String,
    /// The file, as an index.
    pub file: usize,
    /// The string literal.
    pub at: Place,
    /// Whether the annotated function itself uses it with the id of its message.
    pub is_own_id: bool,
    /// The other places that say it: the file, as an index, and the string literal.
    pub repeats: Vec<(usize, Place)>,
}

/// A call through the bus and the code that says whom it calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundCall {
    /// The handler's name.
    pub handler: String,
    /// Whether the caller waits for the reply.
    pub awaits: bool,
    /// The file, as an index.
    pub file: usize,
    /// The string literal.
    pub at: Place,
}

/// An id sent and the code that says which service it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundSend {
    /// The service's name.
    pub service: String,
    /// The file, as an index.
    pub file: usize,
    /// The string literal.
    pub at: Place,
}
