//! The sys-map: its model, its graph, and the rules that prove it.
//!
//! Everything here is pure. No function reads a file, a clock, the environment or the network;
//! analysis returns its result together with every diagnostic, and the same input gives the same
//! bytes.

mod case;
mod secret;
pub mod sys_map;

pub use case::CaseValue;
pub use secret::{SecretReference, SecretReferenceError};
