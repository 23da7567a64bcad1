//! A message's work in the database, and the connection that a worker keeps for it.

use std::sync::Arc;

use diesel::result::Error;

use super::{Client, Connection, Database, DatabaseError, Inbox, connection::takes_no_writes};
use crate::returns::Outputs;

/// One worker's connection. It is opened when a message needs it, kept for the next one, and given up
/// when anything about it is in doubt. There are as many as there are replicas.
pub(crate) struct WorkerConnection {
    client: Client,
    open: Option<Connection>,
}

impl WorkerConnection {
    pub(crate) fn new(client: Client) -> Self {
        Self { client, open: None }
    }

    /// Begins a message's work. With `transaction`, nothing of it stays unless it is committed.
    pub(crate) async fn begin(
        &mut self,
        database: &Database,
        transaction: bool,
    ) -> Result<Work<'_>, DatabaseError> {
        // The server may have restarted since the last message: a fresh connection decides.
        if let Some(mut kept) = self.open.take()
            && begin(&mut kept, transaction).await.is_ok()
        {
            return Ok(self.work(kept, transaction));
        }
        let mut fresh = database.connect(&self.client).await?;
        match begin(&mut fresh, transaction).await {
            Ok(()) => Ok(self.work(fresh, transaction)),
            Err(error) => Err(diagnosed(&mut fresh, error, DatabaseError::Begin).await),
        }
    }

    fn work(&mut self, connection: Connection, transaction: bool) -> Work<'_> {
        Work {
            home: &mut self.open,
            connection,
            transaction,
            claim: None,
        }
    }
}

async fn begin(connection: &mut Connection, transaction: bool) -> diesel::QueryResult<()> {
    if transaction {
        connection.begin().await
    } else {
        connection.answer().await
    }
}

/// Why a statement of ours failed: its error alone does not always tell a lost connection from a refusal.
pub(super) async fn diagnosed(
    connection: &mut Connection,
    source: Error,
    otherwise: impl FnOnce(Error) -> DatabaseError,
) -> DatabaseError {
    if !connection.is_alive().await {
        return DatabaseError::Lost {
            during: "in a transaction",
            source: source.into(),
        };
    }
    if takes_no_writes(&source) {
        return DatabaseError::ReadOnly(source);
    }
    otherwise(source)
}

/// A message's work in the database. Dropped, its connection is closed, and PostgreSQL rolls back.
pub(crate) struct Work<'a> {
    home: &'a mut Option<Connection>,
    connection: Connection,
    transaction: bool,
    /// The message's row in the inbox, if the service has one.
    claim: Option<Claim>,
}

/// A row that this transaction has written and not committed.
struct Claim {
    inbox: Arc<Inbox>,
    message_id: String,
    /// As JSON; none while they are those of a new row.
    outputs: Option<String>,
}

/// Whether a message is to be worked on.
pub(crate) enum Claimed<'a> {
    /// It is this transaction's.
    Now(Work<'a>),
    /// It was worked on, that was committed, and these are its outputs.
    Before(Outputs),
}

impl<'a> Work<'a> {
    pub(crate) fn connection(&mut self) -> &mut Connection {
        &mut self.connection
    }

    /// Makes the message this transaction's, or finds what came of it. Somebody who is working on it at this
    /// moment is waited for.
    pub(crate) async fn claim(
        mut self,
        inbox: &Arc<Inbox>,
        message_id: &str,
    ) -> Result<Claimed<'a>, DatabaseError> {
        match inbox.claim(&mut self.connection, message_id).await {
            Ok(None) => {
                self.claim = Some(Claim {
                    inbox: Arc::clone(inbox),
                    message_id: message_id.to_owned(),
                    outputs: None,
                });
                Ok(Claimed::Now(self))
            }
            Ok(Some(outputs)) => {
                self.roll_back().await;
                Ok(Claimed::Before(serde_json::from_str(&outputs)?))
            }
            Err(error) => Err(diagnosed(&mut self.connection, error, DatabaseError::Begin).await),
        }
    }

    /// What is to be remembered of the message, if anything is.
    pub(crate) fn remember(&mut self, outputs: &Outputs) -> Result<(), DatabaseError> {
        if let Some(claim) = &mut self.claim
            && !outputs.is_empty()
        {
            claim.outputs = Some(serde_json::to_string(outputs)?);
        }
        Ok(())
    }

    /// Keeps the work, and the connection for the next message.
    pub(crate) async fn commit(mut self) -> Result<(), DatabaseError> {
        if self.transaction {
            match self.connection.depth() {
                Some(depth) if depth > 1 => return Err(DatabaseError::LeftOpen),
                None if self.connection.foreign().is_some() => return Err(DatabaseError::Ended),
                Some(_) | None => {}
            }
            if let Err(error) = self.finish().await {
                return Err(diagnosed(&mut self.connection, error, DatabaseError::Commit).await);
            }
        }
        self.keep_connection();
        Ok(())
    }

    async fn finish(&mut self) -> diesel::QueryResult<()> {
        // PostgreSQL answers COMMIT of a failed transaction with a rollback, and not with an error: a
        // function that swallowed a database error would be taken for one that succeeded. Any statement
        // before it tells.
        match &self.claim {
            Some(Claim {
                inbox,
                message_id,
                outputs: Some(outputs),
            }) => {
                let connection = &mut self.connection;
                inbox.remember(connection, message_id, outputs).await?;
            }
            _ => self.connection.answer().await?,
        }
        self.connection.commit().await
    }

    /// Undoes the work, and keeps the connection for the next message if that went well. Says whether the
    /// server still heard it: if not, whatever failed before may have failed for that.
    pub(crate) async fn roll_back(mut self) -> bool {
        let undone = if self.transaction {
            self.connection.roll_back().await
        } else {
            self.connection.answer().await
        };
        match undone {
            Ok(()) => {
                self.keep_connection();
                true
            }
            Err(_) => self.connection.is_alive().await,
        }
    }

    /// A function may have left a transaction of its own open: such a connection is not for the next one.
    fn keep_connection(mut self) {
        if self.connection.depth() == Some(0) {
            *self.home = Some(self.connection);
        }
    }
}
