//! What Slingshot's annotations say: parsed, modelled and validated.
//!
//! `#[microservice]`, `#[handler]` and `#[derive(Case)]` are read here once, for two readers: the macros, which
//! expand them, and the command line's source scan, which proves them against the sys-map without
//! a build. Everything is pure: no function touches a file, the environment or the network, and
//! every mistake is collected, not only the first.

mod argument;
mod case;
mod function;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod handler;
mod microservice;
mod mistakes;
mod names;
pub mod scan;
mod signature;
mod types;
mod words;

pub use argument::{Argument, ArgumentKind};
pub use case::{CaseEnum, CaseLiteral, CaseVariant};
pub use function::Function;
pub use handler::{Handler, HandlerKind, HandlerWords};
pub use microservice::{Microservice, Returns, Unrouted, Words};
pub use mistakes::Mistakes;
pub use slingshot_settings::Retry;
