//! The inbox: which messages a service is done with, and what they led to.
//!
//! A message's row is written first of all in the function's own transaction and committed with it. Whoever
//! gets the message again waits for that transaction if it is still open, and finds the row if it was
//! committed. The row holds the function's outputs and not the messages that they became: a redelivered
//! message is routed by the map as it is then, exactly as if its function had run again, and a queue that is
//! gone from the map since does not hold it up for ever. The message ids are the same either way, for they
//! are made of the service, the message's id and each output's place in the list.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use diesel::{QueryResult, result::Error};
use tokio::{
    runtime::Handle,
    task::spawn_blocking,
    time::{Instant, sleep},
};

use super::{
    Client, Connection, Database, DatabaseError,
    statement::{PARAMETER, Statement},
    work::diagnosed,
};
use crate::backoff::Backoff;

/// How long a starting service waits for a database that does not answer, as it does for the broker.
const FIRST_CONNECTION: Duration = Duration::from_mins(1);

/// Where the schema is shipped, for those who run migrations themselves.
pub(super) const MIGRATION: &str = "migrations/2026-11-22-000000_slingshot_inbox";

pub(super) const SCHEMA: &str =
    include_str!("../../migrations/2026-11-22-000000_slingshot_inbox/up.sql");

/// Processes that start at once make the table one after the other: `IF NOT EXISTS` alone lets two of them
/// collide. Released with the transaction.
const LOCK_SCHEMA: &str = "SELECT pg_advisory_xact_lock(hashtext('slingshot_inbox'))";

/// The table's full name, so that a function may change the search path.
const FIND: &str = "\
SELECT format('%I.%I', nspname, relname) FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE pg_class.oid = to_regclass('slingshot_inbox')";

const IS_GRANTED: &str = "\
SELECT (has_table_privilege(\0, 'SELECT') AND has_table_privilege(\0, 'INSERT')
    AND has_table_privilege(\0, 'UPDATE') AND has_table_privilege(\0, 'DELETE'))::text";

/// One service's part of the table `slingshot_inbox`.
#[derive(Debug)]
pub(crate) struct Inbox {
    pub(super) database: Arc<Database>,
    pub(super) client: Client,
    pub(super) service: String,
    /// How long a row is kept.
    pub(super) keep: Duration,
    pub(super) table: String,
    insert: String,
    find: String,
    update: String,
    said_unprotected: AtomicBool,
}

impl Inbox {
    /// Finds the table, or makes it. A database that does not answer is waited for, within reason.
    pub(crate) async fn open(
        database: Arc<Database>,
        client: Client,
        service: &str,
        keep: Duration,
    ) -> Result<Self, DatabaseError> {
        let give_up = Instant::now() + FIRST_CONNECTION;
        let mut backoff = Backoff::default();
        loop {
            let (asked, runtime) = (Arc::clone(&database), Handle::current());
            let by = client.clone();
            // Some of the clients block.
            let finding = spawn_blocking(move || runtime.block_on(find_or_make(&asked, &by)));
            let error = match finding.await {
                Ok(Ok(table)) => return Ok(Self::of(database, client, &table, service, keep)),
                Ok(Err(error)) => error,
                Err(panic) => DatabaseError::Lost {
                    during: "while the inbox was looked for",
                    source: panic.into(),
                },
            };
            let wait = backoff.after_failure();
            if !error.is_outage() || Instant::now() + wait > give_up {
                return Err(error);
            }
            tracing::warn!(service, %error, ?wait, "looking for the inbox again");
            sleep(wait).await;
        }
    }

    fn of(
        database: Arc<Database>,
        client: Client,
        table: &str,
        service: &str,
        keep: Duration,
    ) -> Self {
        let p = PARAMETER;
        Self {
            database,
            client,
            service: service.to_owned(),
            keep,
            insert: format!(
                "INSERT INTO {table} (service, message_id) VALUES ({p}, {p}) ON CONFLICT DO NOTHING"
            ),
            find: format!(
                "SELECT outputs::text FROM {table} WHERE service = {p} AND message_id = {p}"
            ),
            update: format!(
                "UPDATE {table} SET outputs = {p}::json WHERE service = {p} AND message_id = {p}"
            ),
            table: table.to_owned(),
            said_unprotected: AtomicBool::new(false),
        }
    }

    /// The id to know a message by. One without is worked on without protection, which is said once; so is
    /// one whose id no text of PostgreSQL's can hold.
    pub(crate) fn id<'a>(&self, message_id: Option<&'a str>) -> Option<&'a str> {
        let id = message_id.filter(|id| !id.is_empty() && !id.contains('\0'));
        if id.is_none() && !self.said_unprotected.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                service = self.service,
                "a message came without a message id: it cannot be told from others, and \
                 `deduplicate` does not protect it (this is said once)"
            );
        }
        id
    }

    /// Writes the message's row, or else says what outputs the row has that is there.
    pub(super) async fn claim(
        &self,
        connection: &mut Connection,
        message_id: &str,
    ) -> QueryResult<Option<String>> {
        let parameters = [&*self.service, message_id];
        let insert = Statement {
            sql: &self.insert,
            parameters: &parameters,
        };
        if connection.execute(insert).await? == 1 {
            return Ok(None);
        }
        let find = Statement {
            sql: &self.find,
            parameters: &parameters,
        };
        // It may have been pruned between the two: then nobody knows, and the next attempt is a new one.
        let outputs = connection.text(find).await?;
        outputs.ok_or(Error::NotFound).map(Some)
    }

    /// Writes the outputs into the row that [`claim`](Self::claim) made.
    pub(super) async fn remember(
        &self,
        connection: &mut Connection,
        message_id: &str,
        outputs: &str,
    ) -> QueryResult<()> {
        let update = Statement {
            sql: &self.update,
            parameters: &[outputs, &self.service, message_id],
        };
        match connection.execute(update).await? {
            1 => Ok(()),
            _ => Err(Error::NotFound),
        }
    }
}

/// The table's full name.
async fn find_or_make(database: &Database, client: &Client) -> Result<String, DatabaseError> {
    let mut connection = database.connect(client).await?;
    let found = async {
        let find = Statement {
            sql: FIND,
            parameters: &[],
        };
        if let Some(table) = connection.text(find).await? {
            return Ok(table);
        }
        make(&mut connection).await?;
        connection.text(find).await?.ok_or(Error::NotFound)
    };
    let username = database.username();
    let table = match found.await {
        Ok(table) => table,
        Err(error) => {
            let otherwise = |source| DatabaseError::NoInbox {
                username: username.to_owned(),
                source,
            };
            return Err(diagnosed(&mut connection, error, otherwise).await);
        }
    };
    let granted = Statement {
        sql: IS_GRANTED,
        parameters: &[&*table; 4],
    };
    match connection.text(granted).await {
        Ok(Some(granted)) if granted == "true" => Ok(table),
        Ok(_) => Err(DatabaseError::InboxNotGranted {
            table,
            username: username.to_owned(),
        }),
        Err(error) => Err(diagnosed(&mut connection, error, DatabaseError::Begin).await),
    }
}

async fn make(connection: &mut Connection) -> QueryResult<()> {
    connection.begin().await?;
    connection.run(LOCK_SCHEMA).await?;
    connection.run(SCHEMA).await?;
    connection.commit().await
}
