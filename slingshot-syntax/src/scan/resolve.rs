//! The files of one crate, put together.
//!
//! Names are looked up in the file itself first and then in the whole crate, where they must be
//! unique: the scan knows no module paths, and says so where two types share a name.

use super::{
    file::{DeclaredHandler, DeclaredService, FileScan, SeenCase},
    lookup::Crate,
    place::{Place, Remark},
    registrations::Made,
    returned_case::OpenCase,
    uses::Uses,
};
use crate::CaseLiteral;

/// Aliases of aliases beyond this depth are given up.
const ALIAS_DEPTH: usize = 16;

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
    /// What could not be seen of it, with the file.
    pub unseen: Vec<(usize, Remark)>,
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
    /// What could not be seen of it, with the file.
    pub unseen: Vec<(usize, Remark)>,
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

/// Puts the files of one crate together.
pub fn resolve(files: &[FileScan]) -> CrateScan {
    let lookup = Crate { files };
    let scans = || files.iter().enumerate();
    let (registered, unseen) = lookup.registered();
    CrateScan {
        registered,
        unseen,
        services: scans()
            .flat_map(|(file, scan)| scan.services.iter().map(move |service| (file, service)))
            .map(|(file, service)| Resolution::new(lookup, file, service).finish())
            .collect(),
        handlers: scans()
            .flat_map(|(file, scan)| scan.handlers.iter().map(move |handler| (file, handler)))
            .map(|(file, handler)| lookup.handler(file, handler))
            .collect(),
    }
}

/// One service, as it is being put together.
struct Resolution<'a> {
    lookup: Crate<'a>,
    file: usize,
    declared: &'a DeclaredService,
    cases: Vec<FoundCase>,
    /// The types of any value; `None` once one was not found.
    open: Option<Vec<FoundType>>,
    uses: Uses,
}

impl<'a> Resolution<'a> {
    fn new(lookup: Crate<'a>, file: usize, declared: &'a DeclaredService) -> Self {
        Self {
            lookup,
            file,
            declared,
            cases: Vec::new(),
            open: Some(Vec::new()),
            uses: Uses::of_service(declared),
        }
    }

    fn finish(mut self) -> ServiceScan {
        self.function(self.file, self.declared.index);
        if let Some(startup) = &self.declared.startup {
            match self.lookup.function(self.file, startup) {
                Some((file, index)) => self.function(file, index),
                None => {
                    let message = format!("the startup function `{startup}` is not found");
                    self.open(self.file, &self.declared.function_at, message);
                    self.uses.hides_keys = true;
                }
            }
        }
        for (kind, key, at) in &self.declared.declared_keys {
            self.uses.add(*kind, key, self.file, at, false);
        }
        let [reads, writes] = self.uses.take_keys();
        let cases = match self.open {
            Some(open) if open.is_empty() => CaseSet::Closed(self.cases),
            // A type of any value and an enum: which of them a case is of is not known.
            Some(open) if self.cases.is_empty() => CaseSet::Open(Some(open)),
            _ => CaseSet::Open(None),
        };
        ServiceScan {
            file: self.file,
            declared: self.declared.clone(),
            cases,
            reads,
            writes,
            hides_keys: self.uses.hides_keys,
            calls: self.uses.calls,
            sends: self.uses.sends,
            unseen: self.uses.unseen,
        }
    }

    fn function(&mut self, file: usize, index: usize) {
        let function = &self.lookup.files[file].functions[index];
        self.case(file, &function.returns, ALIAS_DEPTH);
        self.uses.function(self.lookup, file, index);
    }

    fn case(&mut self, file: usize, case: &'a SeenCase, depth: usize) {
        match case {
            SeenCase::Nothing => {}
            SeenCase::Bool => {
                let at = self.declared.function_at.clone();
                for value in [false, true] {
                    self.add_case(CaseLiteral::Bool(value), self.file, &at, false);
                }
            }
            SeenCase::Open(kind, at) => {
                let (kind, at) = (*kind, at.clone());
                if let Some(open) = &mut self.open {
                    open.push(FoundType { kind, file, at });
                }
            }
            SeenCase::Unknown(at) => {
                self.open(file, at, "the cases of this type are not seen".to_owned());
            }
            SeenCase::Named(name, at) | SeenCase::Whole(name, at) => {
                let name = self.lookup.original(file, name);
                if let Some((file, found)) = self.lookup.enumeration(file, name) {
                    for found in &found.cases {
                        let case = found.case.clone();
                        self.add_case(case, file, &found.at, found.is_conditional);
                    }
                } else if let Some((file, alias)) = self.lookup.alias(file, name)
                    && depth > 0
                {
                    self.case(file, alias, depth - 1);
                } else {
                    let message = format!(
                        "the cases of `{name}` are not seen: not exactly one enum of this name \
                         with `#[derive(Case)]` is in this crate"
                    );
                    self.open(file, at, message);
                }
            }
        }
    }

    fn add_case(&mut self, case: CaseLiteral, file: usize, at: &Place, is_conditional: bool) {
        match self.cases.iter_mut().find(|found| found.case == case) {
            Some(known) => known.is_conditional &= is_conditional,
            None => self.cases.push(FoundCase {
                case,
                file,
                at: at.clone(),
                is_conditional,
            }),
        }
    }

    fn open(&mut self, file: usize, at: &Place, message: String) {
        self.open = None;
        let at = at.clone();
        self.uses.unseen.push((file, Remark { at, message }));
    }
}
