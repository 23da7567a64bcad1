//! Many `PostgreSQL` connections over one embedded backend.
//!
//! A database that runs inside a process has one session. [`Server`] speaks `PostgreSQL`'s protocol to
//! any number of clients and lets them have that session in turns, a transaction at a time. What the
//! backend is, it does not know: an [`Engine`] takes protocol bytes and returns protocol bytes.

mod client;
mod cycle;
mod engine;
mod handshake;
#[cfg(feature = "engine")]
mod oliphaunt;
mod scram;
mod server;
mod session;
mod settings;
mod sql;
mod wire;

pub use self::engine::{Engine, EngineError};
#[cfg(feature = "engine")]
pub use self::oliphaunt::Oliphaunt;
pub use self::server::{Config, Limits, Server, ServerError};
