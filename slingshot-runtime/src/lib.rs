//! What a running Slingshot service is made of.
//!
//! Users meet this crate through the facade `slingshot`; [`generated`] is what the macros' output
//! names, and [`report`] and [`client`] are what the command line reads and drives.

mod argument;
mod case;
mod delivery;
mod error;
mod function;
mod objects;
mod registration;
mod returns;

pub mod generated;

pub use argument::Argument;
pub use case::Case;
pub use delivery::{Delivery, Header};
pub use diesel::PgConnection;
pub use error::{AnyError, Error};
pub use function::Function;
pub use objects::{ObjectReader, ObjectWriter, ReadFileFn, WriteFileFn};
pub use returns::Returns;
