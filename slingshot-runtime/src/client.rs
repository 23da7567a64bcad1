//! What the command line does with a system's broker and object store.

mod dead_letters;
mod inspection;
mod letter;
mod letter_filter;
mod objects;
mod queues;
mod sys_map;

use slingshot_topology::SecretReference;
use thiserror::Error;

pub(crate) use self::letter::replayed;
pub use self::{
    dead_letters::{LookedThrough, Progress, Rate, Removal, RemovalEnd, Replay},
    inspection::{
        ClockSkew, DatabaseState, QueueState, broker_version, clock_skew, find_secret,
        inspect_database, staging_directory, sys_map_host,
    },
    letter::{DeadLetter, Death},
    letter_filter::LetterFilter,
    objects::Objects,
    queues::Queues,
    sys_map::SysMapClient,
};
pub use crate::{
    amqp::{BrokerError, BrokerVersion, Difference, QueueDepth},
    logs::{default_filter, tells_no_secret},
    objects::ObjectError,
    secret::SecretError,
};
use crate::{secret, sys_map::SysMapError};

/// The name that the broker's tools show, and that messages carry as their sender.
const NAME: &str = "slingshot";

/// Finds a secret, for who is to compare it. It must not be printed.
///
/// # Errors
///
/// [`SecretError`].
pub async fn secret(reference: &SecretReference) -> Result<String, SecretError> {
    Ok(secret::resolve(reference).await?.reveal().to_owned())
}

/// Something that a client of the system could not do.
#[derive(Debug, Error)]
pub enum ClientError {
    /// A secret is not where its reference says.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The broker did not do it.
    #[error(transparent)]
    Broker(#[from] BrokerError),
    /// The object store did not do it.
    #[error(transparent)]
    Objects(#[from] ObjectError),
    /// The object could not be written where it was to go.
    #[error("the object could not be written: {0}")]
    Write(#[from] std::io::Error),
    /// The database did not do it.
    #[error("{0}")]
    Database(#[source] crate::AnyError),
    /// The sys-map did not say it.
    #[error("{0}")]
    SysMap(#[source] crate::AnyError),
    /// A letter is to go to a queue that is not there.
    #[error("the queue `{0}` does not exist")]
    NoTarget(String),
    /// A letter is to go to a queue that nobody reads.
    #[error("the queue `{0}` has no consumer")]
    NoConsumer(String),
}

impl ClientError {
    /// Whether it is what the client was told, and not what was asked.
    pub fn is_configuration(&self) -> bool {
        self.of_sys_map().is_some_and(SysMapError::is_configuration)
    }

    /// Whether a sys-map does not answer those who have no token, or this one.
    pub fn wants_token(&self) -> bool {
        let of_sys_map = self.of_sys_map();
        of_sys_map.is_some_and(|error| matches!(error, SysMapError::Status { status: 401, .. }))
    }

    fn of_sys_map(&self) -> Option<&SysMapError> {
        match self {
            Self::SysMap(error) => error.downcast_ref(),
            _ => None,
        }
    }
}
