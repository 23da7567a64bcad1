//! What a database is like, for `slingshot doctor`.

use super::{Client, Database, DatabaseError, statement::Statement};

const VERSION: &str = "SELECT current_setting('server_version')";
const MAKES_TABLES: &str =
    "SELECT coalesce(has_schema_privilege(current_schema(), 'CREATE'), false)::text";
const HAS_INBOX: &str = "SELECT (to_regclass('slingshot_inbox') IS NOT NULL)::text";

impl Database {
    /// The server's version, whether the role may make tables, and whether the inbox is there. Blocks.
    pub(crate) async fn inspect(&self) -> Result<(String, bool, bool), DatabaseError> {
        let mut connection = self.connect(&Client::Blocking).await?;
        let mut ask = async |sql| {
            let statement = Statement {
                sql,
                parameters: &[],
            };
            let answer = connection.text(statement).await;
            let answer = answer.map_err(|error| DatabaseError::Lost {
                during: "while it was looked at",
                source: error.into(),
            })?;
            Ok::<_, DatabaseError>(answer.unwrap_or_default())
        };
        let version = ask(VERSION).await?;
        let makes_tables = ask(MAKES_TABLES).await? == "true";
        let has_inbox = ask(HAS_INBOX).await? == "true";
        Ok((version, makes_tables, has_inbox))
    }
}
