//! What Slingshot's annotations say: parsed, modelled and validated.
//!
//! `#[microservice]` and `#[derive(Case)]` are read here once, for two readers: the macros, which
//! expand them, and the command line's source scan, which proves them against the sys-map without
//! a build. Everything is pure: no function touches a file, the environment or the network, and
//! every mistake is collected, not only the first.

mod case;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod microservice;
mod mistakes;
mod names;
pub mod scan;
mod types;

pub use case::{CaseEnum, CaseLiteral, CaseVariant};
pub use microservice::{Argument, ArgumentKind, Function, Microservice, Returns, Unrouted, Words};
pub use mistakes::Mistakes;
pub use slingshot_settings::Retry;
