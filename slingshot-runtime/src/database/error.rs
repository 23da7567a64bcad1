//! What can go wrong with the database.

use thiserror::Error;

use super::inbox::SCHEMA;
use crate::{
    AnyError,
    failure::{Failure, Kind},
};

/// The database, or the way to it, failed.
#[derive(Debug, Error)]
pub(crate) enum DatabaseError {
    /// No connection.
    #[error("no connection to PostgreSQL at {host}:{port}: {source}")]
    Connect {
        host: String,
        port: u16,
        source: AnyError,
    },
    /// The server does not know the role, or not with this password.
    #[error("PostgreSQL at {host}:{port} refused the login of `{username}`: {source}")]
    Authentication {
        host: String,
        port: u16,
        username: String,
        source: AnyError,
    },
    /// The server speaks TLS only, or must, and this build has none.
    #[error(
        "PostgreSQL at {host}:{port} is to be spoken to over TLS, and this build's libpq has none: \
         build with the feature `libpq-bundled-tls` or `libpq-system` of slingshot"
    )]
    NoTls { host: String, port: u16 },
    /// An `async` function works with a client that this build has not.
    #[cfg(not(feature = "async-postgres"))]
    #[error(
        "this build has no PostgreSQL for `async` functions: build with the feature `async-postgres` of \
         slingshot, or write the function without `async`"
    )]
    NoAsync,
    /// The connection broke while it was in use.
    #[error("the connection to PostgreSQL was lost {during}: {source}")]
    Lost {
        during: &'static str,
        source: AnyError,
    },
    /// The server takes no writes: it is a standby, or is about to be one.
    #[error("PostgreSQL takes no writes: {0}")]
    ReadOnly(diesel::result::Error),
    /// The transaction did not begin.
    #[error("the transaction was not begun: {0}")]
    Begin(#[source] diesel::result::Error),
    /// The transaction did not commit: nothing of it is kept.
    #[error("the transaction was not committed: {0}")]
    Commit(#[source] diesel::result::Error),
    /// Committing would have committed the function's transaction and not the message's.
    #[error(
        "the function left a transaction of its own open: end what it begins, or use \
         `connection.transaction(..)`"
    )]
    LeftOpen,
    /// The message's transaction is not there any more.
    #[error(
        "the function ended the message's transaction, which is committed after the files are uploaded: \
         leave that to the service, and use a savepoint for what may fail"
    )]
    Ended,
    /// The table of `deduplicate` is not there and cannot be made.
    #[error(
        "the table `slingshot_inbox`, which `deduplicate` needs, cannot be made by `{username}`: {source}\n\
         Have a role that may run {}/up.sql of the crate slingshot-runtime, which is\n\n{SCHEMA}\n\
         and GRANT SELECT, INSERT, UPDATE, DELETE ON slingshot_inbox TO {username};",
        super::inbox::MIGRATION
    )]
    NoInbox {
        username: String,
        source: diesel::result::Error,
    },
    /// The table is there, and not for this role.
    #[error(
        "`deduplicate` may not work with the table {table}: \
         GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {username};"
    )]
    InboxNotGranted { table: String, username: String },
    /// What the inbox remembers of a message is not what was written there.
    #[error("the outputs that the inbox has for this message cannot be read: {0}")]
    Remembered(#[from] serde_json::Error),
}

impl DatabaseError {
    /// Whether the database is to blame, and not the message: it can be worked on when the database is back.
    pub(crate) fn is_outage(&self) -> bool {
        match self {
            Self::Connect { .. }
            | Self::Authentication { .. }
            | Self::NoTls { .. }
            | Self::Lost { .. }
            | Self::ReadOnly(_) => true,
            #[cfg(not(feature = "async-postgres"))]
            Self::NoAsync => false,
            Self::Begin(_)
            | Self::Commit(_)
            | Self::LeftOpen
            | Self::Ended
            | Self::NoInbox { .. }
            | Self::InboxNotGranted { .. }
            | Self::Remembered(_) => false,
        }
    }

    /// Whether the password may have been changed since it was read.
    pub(super) fn is_authentication(&self) -> bool {
        matches!(self, Self::Authentication { .. })
    }
}

impl From<DatabaseError> for Failure {
    fn from(error: DatabaseError) -> Self {
        Self::new(Kind::Database, error)
    }
}
