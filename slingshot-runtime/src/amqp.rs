//! The broker. `lapin` is named in this folder and nowhere else.

mod confirms;
mod connection;
mod dead_letters;
mod inbox;
mod message;
mod publisher;
mod queues;
mod tiers;

pub use connection::BrokerError;
pub(crate) use connection::Connection;
pub(crate) use dead_letters::Scan;
pub(crate) use inbox::Inbox;
pub(crate) use message::{Headers, Inbound};
pub(crate) use publisher::Publisher;
pub(crate) use queues::Ensured;
pub use queues::QueueDepth;
pub(crate) use tiers::{DECLARED_AT_ONCE, Tiers};
