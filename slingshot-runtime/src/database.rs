//! PostgreSQL: a connection for each worker, a transaction for each message.

use diesel::{
    Connection as _, PgConnection,
    connection::{AnsiTransactionManager, SimpleConnection as _, TransactionManager},
};
use slingshot_topology::sys_map;
use thiserror::Error;

use crate::{AnyError, secret::Secret};

/// Seconds that a connection may take to open.
const CONNECT_TIMEOUT: u32 = 10;

/// A server that is gone without a word is noticed within a minute, and not after the two hours that are
/// the system's default.
const DEAD_PEER: &str =
    "keepalives_idle=30 keepalives_interval=10 keepalives_count=3 tcp_user_timeout=60000";

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
    /// The server speaks TLS only, or must, and this build has none.
    #[error(
        "PostgreSQL at {host}:{port} is to be spoken to over TLS, and this build's libpq has none: \
         build with the feature `libpq-bundled-tls` or `libpq-system` of slingshot"
    )]
    NoTls { host: String, port: u16 },
    /// The transaction did not begin or did not commit: nothing of it is kept.
    #[error("the transaction was not {step}: {source}")]
    Transaction {
        step: &'static str,
        source: diesel::result::Error,
    },
}

/// Where the database is and how to log in.
#[derive(Debug)]
pub(crate) struct Database {
    host: String,
    port: u16,
    /// libpq's connection string: it holds the password.
    login: Login,
}

struct Login(String);

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Login(…)")
    }
}

impl Database {
    pub(crate) fn new(endpoint: &sys_map::Database, password: &Secret, service: &str) -> Self {
        let sslmode = if endpoint.tls { "require" } else { "prefer" };
        let login = format!(
            "host={} port={} user={} dbname={} password={} application_name={} sslmode={sslmode} \
             gssencmode=disable connect_timeout={CONNECT_TIMEOUT} {DEAD_PEER}",
            quoted(&endpoint.host),
            endpoint.port,
            quoted(&endpoint.username),
            quoted(&endpoint.database),
            quoted(password.reveal()),
            quoted(&format!("slingshot:{service}")),
        );
        Self {
            host: endpoint.host.clone(),
            port: endpoint.port,
            login: Login(login),
        }
    }

    fn connect(&self) -> Result<PgConnection, DatabaseError> {
        PgConnection::establish(&self.login.0).map_err(|error| {
            let (host, port) = (self.host.clone(), self.port);
            if error.to_string().contains("SSL support is not compiled in") {
                DatabaseError::NoTls { host, port }
            } else {
                DatabaseError::Connect {
                    host,
                    port,
                    source: error.to_string().trim().to_owned().into(),
                }
            }
        })
    }
}

/// A value of libpq's connection string.
fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\\', r"\\").replace('\'', r"\'"))
}

/// One worker's connection. It is opened when a message needs it, kept for the next one, and given up
/// when anything about it is in doubt. There are as many as there are replicas.
#[derive(Default)]
pub(crate) struct WorkerConnection {
    open: Option<PgConnection>,
}

impl WorkerConnection {
    /// Begins a message's work. With `transaction`, nothing of it stays unless it is committed.
    pub(crate) fn begin(
        &mut self,
        database: &Database,
        transaction: bool,
    ) -> Result<Work<'_>, DatabaseError> {
        let kept = self
            .open
            .take()
            .and_then(|mut kept| begin(&mut kept, transaction).is_ok().then_some(kept));
        // The server may have restarted since the last message: a fresh connection decides.
        let connection = match kept {
            Some(kept) => kept,
            None => {
                let mut fresh = database.connect()?;
                begin(&mut fresh, transaction)?;
                fresh
            }
        };
        Ok(Work {
            home: &mut self.open,
            connection,
            transaction,
        })
    }
}

fn begin(connection: &mut PgConnection, transaction: bool) -> Result<(), DatabaseError> {
    let begun = if transaction {
        AnsiTransactionManager::begin_transaction(connection)
    } else {
        answer(connection)
    };
    begun.map_err(|source| DatabaseError::Transaction {
        step: "begun",
        source,
    })
}

/// Has the server answer: a connection that is gone does not, nor one whose transaction has failed.
fn answer(connection: &mut PgConnection) -> diesel::QueryResult<()> {
    connection.batch_execute("SELECT 1")
}

/// A message's work in the database. Dropped, its connection is closed, and PostgreSQL rolls back.
pub(crate) struct Work<'a> {
    home: &'a mut Option<PgConnection>,
    connection: PgConnection,
    transaction: bool,
}

impl Work<'_> {
    pub(crate) fn connection(&mut self) -> &mut PgConnection {
        &mut self.connection
    }

    /// Keeps the work, and the connection for the next message.
    pub(crate) fn commit(mut self) -> Result<(), DatabaseError> {
        if self.transaction {
            // PostgreSQL answers COMMIT of a failed transaction with a rollback, and not with an error: a
            // function that swallowed a database error would be taken for one that succeeded.
            answer(&mut self.connection)
                .and_then(|()| AnsiTransactionManager::commit_transaction(&mut self.connection))
                .map_err(|source| DatabaseError::Transaction {
                    step: "committed",
                    source,
                })?;
        }
        self.keep_connection();
        Ok(())
    }

    /// Undoes the work, and keeps the connection for the next message if that went well.
    pub(crate) fn roll_back(mut self) {
        if self.transaction
            && AnsiTransactionManager::rollback_transaction(&mut self.connection).is_err()
        {
            return;
        }
        self.keep_connection();
    }

    /// A function may have left a transaction of its own open: such a connection is not for the next one.
    fn keep_connection(mut self) {
        let status = AnsiTransactionManager::transaction_manager_status_mut(&mut self.connection);
        if matches!(status.transaction_depth(), Ok(None)) {
            *self.home = Some(self.connection);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_the_connection_string_are_quoted() {
        assert_eq!(quoted(r"it's a \"), r"'it\'s a \\'");
    }
}
