//! The embedded system of `slingshot run`: the engines that `slingshot.toml` does not name, on loopback.
//!
//! Each part speaks the real protocol, so that any AMQP, S3 or PostgreSQL client works against it.
//! They are for one machine and one developer: state lies in the project's `.slingshot/`, the secrets
//! are random, and nothing listens beyond 127.0.0.1.

pub mod broker;
pub mod database;
mod environment;
mod hex;
pub mod objects;
mod percent;
mod private_file;
mod secret;
mod server;
pub mod sys_map;
mod system;

pub use environment::Environment;
pub use secret::Secret;
pub use system::{LocalConfig, LocalError, LocalSystem, Part, reset};
