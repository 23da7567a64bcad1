//! Another language's client for PostgreSQL: the runtime decides when its transactions begin and end, and runs
//! its own statements in them.

use std::{any::Any, fmt};

use diesel::result::{DatabaseErrorKind, Error};

use crate::AnyError;

/// Opens connections for functions of another language.
pub trait ForeignClient: fmt::Debug + Send + Sync {
    /// Logs in. Blocks.
    ///
    /// # Errors
    ///
    /// In the words of libpq, by which a refused login is told from a server that is not there.
    fn connect(&self, login: &Login<'_>) -> Result<Box<dyn ForeignConnection>, AnyError>;
}

/// Where the database is, and as whom to log in.
#[expect(missing_debug_implementations, reason = "it holds the password")]
#[derive(Clone, Copy)]
pub struct Login<'a> {
    /// The server's host.
    pub host: &'a str,
    /// Its port.
    pub port: u16,
    /// The role.
    pub username: &'a str,
    /// The role's password, which is not to be shown.
    pub password: &'a str,
    /// The database.
    pub database: &'a str,
    /// Whether the server is spoken to over TLS only.
    pub tls: bool,
    /// What the server's list of connections is to call us.
    pub application: &'a str,
}

/// Where a statement takes a parameter.
pub const PARAMETER: char = super::statement::PARAMETER;

/// A connection of another language's client. Every method blocks.
///
/// In statements, each [`PARAMETER`] stands for one of the parameters, in their order.
#[expect(
    clippy::missing_errors_doc,
    reason = "each fails as the statement or the connection does"
)]
pub trait ForeignConnection: Send {
    /// Runs statements without parameters.
    fn run(&mut self, sql: &str) -> Result<(), ForeignError>;

    /// Says how many rows the statement touched.
    fn execute(&mut self, sql: &str, parameters: &[&str]) -> Result<usize, ForeignError>;

    /// The first row's only column, if there is a row.
    fn text(&mut self, sql: &str, parameters: &[&str]) -> Result<Option<String>, ForeignError>;

    /// Begins a message's transaction.
    fn begin(&mut self) -> Result<(), ForeignError>;

    /// Commits it.
    fn commit(&mut self) -> Result<(), ForeignError>;

    /// Undoes it.
    fn roll_back(&mut self) -> Result<(), ForeignError>;

    /// How many transactions are open, one in the other; none when the message's own is not among them any
    /// more, or the client does not know.
    fn depth(&mut self) -> Option<u32>;

    /// For who made it.
    fn as_any(&mut self) -> &mut dyn Any;
}

/// What a foreign client has to say of a failure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ForeignError {
    /// The client's or the server's words.
    pub message: String,
    /// The server's SQLSTATE.
    pub state: Option<String>,
    /// Whether the connection is gone.
    pub lost: bool,
}

/// SQLSTATE `read_only_sql_transaction`.
const READ_ONLY: &str = "25006";

impl From<ForeignError> for Error {
    fn from(error: ForeignError) -> Self {
        let kind = match error.state.as_deref() {
            _ if error.lost => DatabaseErrorKind::ClosedConnection,
            Some(READ_ONLY) => DatabaseErrorKind::ReadOnlyTransaction,
            _ => DatabaseErrorKind::Unknown,
        };
        Self::DatabaseError(kind, Box::new(error.message))
    }
}
