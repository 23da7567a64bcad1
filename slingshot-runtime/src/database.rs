//! PostgreSQL: a connection for each worker, a transaction for each message.

mod connection;
mod error;
mod foreign;
mod inbox;
mod inspection;
mod login;
mod prune;
mod statement;
mod work;

pub(crate) use connection::{Client, Connection, blames_the_server};
pub(crate) use error::DatabaseError;
pub use foreign::{ForeignClient, ForeignConnection, ForeignError, Login, PARAMETER};
pub(crate) use inbox::Inbox;
pub(crate) use login::Database;
pub(crate) use work::{Claimed, Work, WorkerConnection};
