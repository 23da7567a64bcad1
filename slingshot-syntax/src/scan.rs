//! The source scan: what a crate's annotations say, read from its files without a build.
//!
//! [`scan_file`] reads one file with the parser of the macros; [`resolve`] puts the files of one
//! crate together, because a case type or a helper function may stand in another file. What the
//! scan could not see is part of the result: it evaluates of `cfg` only what every build decides
//! the same, expands no macros, and follows no closure through variables.

mod accesses;
mod cfg;
mod depth;
mod file;
mod found;
mod items;
mod lookup;
mod own_id;
mod place;
mod registrations;
mod resolve;
mod returned_case;
mod uses;

pub use accesses::AccessKind;
pub use cfg::Features;
pub use file::{
    DeclaredHandler, DeclaredService, FileScan, ModuleFile, ScannedEnum, ScannedVariant, scan_file,
};
pub use found::{
    CaseSet, CrateScan, FoundCall, FoundCase, FoundKey, FoundSend, FoundType, HandlerScan,
    Registered, ServiceScan, Unseen,
};
pub use place::{Place, Remark};
pub use registrations::Made;
pub use resolve::resolve;
pub use returned_case::OpenCase;
