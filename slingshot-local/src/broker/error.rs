//! How the broker says no: the reply codes of AMQP 0-9-1 with RabbitMQ's texts, and the errors of starting it.
//!
//! Which code closes a channel and which the whole connection is the protocol's own split
//! (section 1.2 of its specification: soft and hard errors).

use std::{io, net::SocketAddr, path::PathBuf};

/// Why the broker did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BrokerError {
    /// The address is not this machine's loopback.
    #[error("the embedded broker serves loopback only, not {0}")]
    NotLoopback(SocketAddr),
    /// The address is taken or not allowed.
    #[error("cannot listen on {address}")]
    Listen {
        /// Where it should have listened.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The directory's state cannot be read, or another broker has it open.
    #[error(
        "cannot open the broker's state in {}; is another `slingshot run` using it?",
        directory.display()
    )]
    Store {
        /// The broker's directory.
        directory: PathBuf,
        /// What the store said.
        source: StoreError,
    },
}

/// The store could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct StoreError(#[from] Box<dyn std::error::Error + Send + Sync>);

impl StoreError {
    pub(super) fn new(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self(error.into())
    }
}

/// A request that is refused: what closes, and the code and text that say why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) scope: Scope,
    pub(super) code: u16,
    pub(super) text: String,
}

/// What a refusal closes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    Channel,
    Connection,
}

/// Result of serving one request.
pub(super) type Served<T> = Result<T, Refusal>;

macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident = $scope:ident $code:literal $label:literal;)*) => {
        impl Refusal {
            $($(#[$doc])* pub(super) fn $name(reason: impl AsRef<str>) -> Self {
                Self {
                    scope: Scope::$scope,
                    code: $code,
                    text: format!(concat!($label, " - {}"), reason.as_ref()),
                }
            })*
        }
    };
}

refusals! {
    access_refused = Channel 403 "ACCESS_REFUSED";
    not_found = Channel 404 "NOT_FOUND";
    resource_locked = Channel 405 "RESOURCE_LOCKED";
    precondition_failed = Channel 406 "PRECONDITION_FAILED";
    login_refused = Connection 403 "ACCESS_REFUSED";
    frame_error = Connection 501 "FRAME_ERROR";
    syntax_error = Connection 502 "SYNTAX_ERROR";
    command_invalid = Connection 503 "COMMAND_INVALID";
    channel_error = Connection 504 "CHANNEL_ERROR";
    unexpected_frame = Connection 505 "UNEXPECTED_FRAME";
    resource_error = Connection 506 "RESOURCE_ERROR";
    not_allowed = Connection 530 "NOT_ALLOWED";
    not_implemented = Connection 540 "NOT_IMPLEMENTED";
    internal_error = Connection 541 "INTERNAL_ERROR";
    forced = Connection 320 "CONNECTION_FORCED";
}

impl Refusal {
    pub(super) fn no_queue(name: &str) -> Self {
        Self::not_found(format!("no queue '{name}' in vhost '/'"))
    }

    pub(super) fn no_exchange(name: &str) -> Self {
        Self::not_found(format!("no exchange '{name}' in vhost '/'"))
    }

    pub(super) fn locked(queue: &str) -> Self {
        Self::resource_locked(format!(
            "cannot obtain exclusive access to locked queue '{queue}' in vhost '/'. It could be \
             originally declared on another connection or the exclusive property value does not \
             match that of the original declaration."
        ))
    }

    pub(super) fn unknown_tag(tag: u64) -> Self {
        Self::precondition_failed(format!("unknown delivery tag {tag}"))
    }
}
