//! The broker. `lapin` is named in this folder and nowhere else.

mod bus;
mod confirms;
mod connection;
mod dead_letters;
#[cfg(any(test, fuzzing))]
mod fuzzing;
mod greeting;
mod inbox;
mod inspection;
mod message;
mod publisher;
mod queues;
mod screen;
mod tiers;
mod transport;

pub(crate) use bus::{Answers, Letter, Letters, Replies};
pub use connection::BrokerError;
pub(crate) use connection::{Connection, within};
pub(crate) use dead_letters::Scan;
#[cfg(test)]
pub(crate) use fuzzing::strategies::any_inbound;
pub use greeting::BrokerVersion;
pub(crate) use greeting::{RABBITMQS_LIMIT, greeting};
pub(crate) use inbox::Inbox;
pub use inspection::Difference;
pub(crate) use message::{Headers, Inbound};
pub(crate) use publisher::Publisher;
pub(crate) use queues::Ensured;
pub use queues::QueueDepth;
pub(crate) use tiers::{DECLARED_AT_ONCE, Tiers};
