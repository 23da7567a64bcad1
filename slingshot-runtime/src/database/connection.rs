//! One connection, by one of the runtime's own two clients or by another language's.

use std::sync::Arc;

use diesel::{
    PgConnection, QueryResult,
    connection::{AnsiTransactionManager, SimpleConnection as _, TransactionManager as _},
    result::{DatabaseErrorKind, Error},
};
#[cfg(feature = "async-postgres")]
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection as _, TransactionManager as _};

use super::{
    foreign::{ForeignClient, ForeignConnection},
    statement::Statement,
};

/// Which client a service's functions work with.
#[derive(Clone, Debug)]
pub(crate) enum Client {
    /// libpq, for ordinary functions.
    Blocking,
    /// tokio-postgres, for `async` ones.
    Async,
    /// Another language's own, for its functions.
    Foreign(Arc<dyn ForeignClient>),
}

/// A connection to PostgreSQL.
///
/// The futures of a blocking or foreign one never wait: they block their thread, which is to be one that may.
#[expect(
    missing_debug_implementations,
    reason = "diesel's connections have none"
)]
pub enum Connection {
    /// By libpq.
    Blocking(Box<PgConnection>),
    /// By tokio-postgres.
    #[cfg(feature = "async-postgres")]
    Async(Box<AsyncPgConnection>),
    /// By another language's client.
    Foreign(Box<dyn ForeignConnection>),
}

#[cfg(feature = "async-postgres")]
type AsyncTransactions = diesel_async::AnsiTransactionManager;

#[cfg_attr(
    not(feature = "async-postgres"),
    expect(
        clippy::unused_async,
        reason = "without the feature there is one client, and who calls does not know that"
    )
)]
impl Connection {
    /// For an ordinary function.
    pub(crate) fn blocking(&mut self) -> Option<&mut PgConnection> {
        match self {
            Self::Blocking(connection) => Some(connection),
            #[cfg(feature = "async-postgres")]
            Self::Async(_) => None,
            Self::Foreign(_) => None,
        }
    }

    /// For another language's function.
    pub fn foreign(&mut self) -> Option<&mut dyn ForeignConnection> {
        match self {
            Self::Blocking(_) => None,
            #[cfg(feature = "async-postgres")]
            Self::Async(_) => None,
            Self::Foreign(connection) => Some(&mut **connection),
        }
    }

    /// For an `async` function.
    #[cfg(feature = "async-postgres")]
    pub(crate) fn asynchronous(&mut self) -> Option<&mut AsyncPgConnection> {
        match self {
            Self::Blocking(_) | Self::Foreign(_) => None,
            Self::Async(connection) => Some(connection),
        }
    }

    pub(super) async fn run(&mut self, sql: &str) -> QueryResult<()> {
        match self {
            Self::Blocking(connection) => connection.batch_execute(sql),
            #[cfg(feature = "async-postgres")]
            Self::Async(connection) => connection.batch_execute(sql).await,
            Self::Foreign(connection) => Ok(connection.run(sql)?),
        }
    }

    /// Says how many rows the statement touched.
    pub(super) async fn execute(&mut self, statement: Statement<'_>) -> QueryResult<usize> {
        match self {
            Self::Blocking(connection) => {
                diesel::RunQueryDsl::execute(statement, &mut **connection)
            }
            #[cfg(feature = "async-postgres")]
            Self::Async(connection) => {
                diesel_async::RunQueryDsl::execute(statement, &mut **connection).await
            }
            Self::Foreign(connection) => {
                Ok(connection.execute(statement.sql, statement.parameters)?)
            }
        }
    }

    /// The first row, if there is one.
    pub(super) async fn text(&mut self, statement: Statement<'_>) -> QueryResult<Option<String>> {
        let first = match self {
            Self::Blocking(connection) => {
                diesel::RunQueryDsl::get_result(statement, &mut **connection)
            }
            #[cfg(feature = "async-postgres")]
            Self::Async(connection) => {
                diesel_async::RunQueryDsl::get_result(statement, &mut **connection).await
            }
            Self::Foreign(connection) => {
                return Ok(connection.text(statement.sql, statement.parameters)?);
            }
        };
        diesel::OptionalExtension::optional(first)
    }

    pub(super) async fn begin(&mut self) -> QueryResult<()> {
        match self {
            Self::Blocking(connection) => {
                AnsiTransactionManager::begin_transaction(&mut **connection)
            }
            #[cfg(feature = "async-postgres")]
            Self::Async(connection) => {
                AsyncTransactions::begin_transaction(&mut **connection).await
            }
            Self::Foreign(connection) => Ok(connection.begin()?),
        }
    }

    pub(super) async fn commit(&mut self) -> QueryResult<()> {
        match self {
            Self::Blocking(connection) => {
                AnsiTransactionManager::commit_transaction(&mut **connection)
            }
            #[cfg(feature = "async-postgres")]
            Self::Async(connection) => {
                AsyncTransactions::commit_transaction(&mut **connection).await
            }
            Self::Foreign(connection) => Ok(connection.commit()?),
        }
    }

    pub(super) async fn roll_back(&mut self) -> QueryResult<()> {
        match self {
            Self::Blocking(connection) => {
                AnsiTransactionManager::rollback_transaction(&mut **connection)
            }
            #[cfg(feature = "async-postgres")]
            Self::Async(connection) => {
                AsyncTransactions::rollback_transaction(&mut **connection).await
            }
            Self::Foreign(connection) => Ok(connection.roll_back()?),
        }
    }

    /// How many transactions are open, one in the other; none when the client does not know any more.
    pub(super) fn depth(&mut self) -> Option<u32> {
        let status = match self {
            Self::Blocking(connection) => {
                AnsiTransactionManager::transaction_manager_status_mut(&mut **connection)
            }
            #[cfg(feature = "async-postgres")]
            Self::Async(connection) => {
                AsyncTransactions::transaction_manager_status_mut(&mut **connection)
            }
            Self::Foreign(connection) => return connection.depth(),
        };
        let depth = status.transaction_depth().ok()?;
        Some(depth.map_or(0, std::num::NonZeroU32::get))
    }

    /// Has the server answer: a connection that is gone does not, nor one whose transaction has failed.
    pub(super) async fn answer(&mut self) -> QueryResult<()> {
        self.run("SELECT 1").await
    }

    /// Whether the server still hears us, in whatever state the transaction is.
    pub(super) async fn is_alive(&mut self) -> bool {
        match self.answer().await {
            Ok(()) => true,
            Err(error) => !speaks_of_a_lost_connection(&error),
        }
    }
}

/// Whether the server is to blame for an error, and not the statement: it is gone, or it takes no writes,
/// as a standby does, or a server that is about to be one.
pub(crate) fn blames_the_server(error: &Error) -> bool {
    takes_no_writes(error) || speaks_of_a_lost_connection(error)
}

pub(super) fn takes_no_writes(error: &Error) -> bool {
    matches!(
        error,
        Error::DatabaseError(DatabaseErrorKind::ReadOnlyTransaction, _)
    )
}

fn speaks_of_a_lost_connection(error: &Error) -> bool {
    match error {
        Error::DatabaseError(kind, _) => matches!(
            kind,
            DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand
        ),
        Error::RollbackErrorOnCommit { rollback_error, .. } => {
            speaks_of_a_lost_connection(rollback_error)
        }
        _ => false,
    }
}
