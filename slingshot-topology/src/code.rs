//! What a scan of the source saw: the facts that rules hold against the map.

use crate::{
    CaseValue,
    source::{Span, Spanned},
};

/// Everything that the scan of a project saw.
#[derive(Clone, Debug, Default)]
pub struct Code {
    /// The annotated functions.
    pub services: Vec<CodeService>,
}

/// One annotated function.
#[derive(Clone, Debug)]
pub struct CodeService {
    /// The service's name.
    pub name: String,
    /// The name in the annotation, or the function's name where the annotation has none.
    pub at: Span,
    /// The cases of its return type.
    pub cases: Cases,
    /// The keys that it gives to `read_file` or names in `reads(..)`.
    pub reads: Vec<Spanned<String>>,
    /// The keys that it gives to `write_file` or names in `writes(..)`.
    pub writes: Vec<Spanned<String>>,
}

/// Which cases a function can return.
#[derive(Clone, Debug)]
pub enum Cases {
    /// Exactly these, each where its type declares it (a variant; the return type for `bool`).
    Closed(Vec<Spanned<CaseValue>>),
    /// Any: strings, integers, or a type that the scan could not follow.
    Open,
}
