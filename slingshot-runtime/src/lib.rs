//! What a running Slingshot service is made of.
//!
//! Users meet this crate through the facade `slingshot`; [`generated`] is what the macros' output
//! names, and [`report`] and [`client`] are what the command line reads and drives.

mod admin;
mod amqp;
mod argument;
mod backoff;
mod bus;
mod case;
mod database;
mod delivery;
mod drain;
mod environment;
mod error;
mod failure;
mod files;
mod function;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod handler;
mod http;
mod logs;
mod manifest;
mod message_id;
mod meter;
mod metrics;
mod microservice;
mod objects;
mod per_core;
mod queues;
mod registration;
mod retry;
mod returns;
mod routes;
mod run;
mod secret;
mod service;
mod settle;
mod shared_state;
mod sys_map;
mod timestamp;
mod tls;
mod trace;
mod workers;

pub mod client;
pub mod embedding;
pub mod generated;
pub mod manager;
pub mod multibus;
pub mod rehearsal;
pub mod report;

pub use argument::Argument;
pub use bus::{Broadcast, Bus, Missed, Subscription};
pub use bytes::Bytes;
pub use case::Case;
pub use delivery::{Delivery, Header};
pub use diesel::PgConnection;
#[cfg(feature = "async-postgres")]
pub use diesel_async::AsyncPgConnection;
pub use error::{AnyError, Error};
pub use files::{Download, FileId, FileNameError, Upload, UploadError};
pub use function::Function;
pub use handler::{
    CallError, HandlerArgument, IntoPayload, IntoReply, Json, Payload, PayloadError, Refusal,
    Reply, RequestHead, Source,
};
pub use microservice::Microservice;
pub use objects::{ObjectError, ObjectReader, ObjectWriter, ReadFileFn, WriteFileFn};
pub use queues::{Queues, SendError};
pub use registration::Unrouted;
pub use returns::Returns;
pub use run::run;
pub use shared_state::{Done, SharedState, StateError};
pub use slingshot_settings::Retry;
