//! What a running Slingshot service is made of.
//!
//! Users meet this crate through the facade `slingshot`; [`generated`] is what the macros' output
//! names, and [`report`] and [`client`] are what the command line reads and drives.

mod admin;
mod amqp;
mod argument;
mod backoff;
mod case;
mod database;
mod delivery;
mod drain;
mod environment;
mod error;
mod failure;
mod function;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod logs;
mod manifest;
mod message_id;
mod meter;
mod metrics;
mod microservice;
mod objects;
mod registration;
mod retry;
mod returns;
mod routes;
mod run;
mod secret;
mod service;
mod settle;
mod sys_map;
mod timestamp;
mod tls;
mod trace;
mod workers;

pub mod client;
pub mod generated;
pub mod rehearsal;
pub mod report;

pub use argument::Argument;
pub use case::Case;
pub use delivery::{Delivery, Header};
pub use diesel::PgConnection;
#[cfg(feature = "async-postgres")]
pub use diesel_async::AsyncPgConnection;
pub use error::{AnyError, Error};
pub use function::Function;
pub use microservice::Microservice;
pub use objects::{ObjectError, ObjectReader, ObjectWriter, ReadFileFn, WriteFileFn};
pub use registration::Unrouted;
pub use returns::Returns;
pub use run::run;
pub use slingshot_settings::Retry;
