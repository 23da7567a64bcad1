//! Where the database is, and how to log in.

use std::time::Duration;

use diesel::{Connection as _, PgConnection};
use slingshot_topology::sys_map;

use super::{Client, Connection, DatabaseError, ForeignClient, Login};
use crate::{
    AnyError,
    secret::{Secret, SecretError, SecretSource},
};

/// How long a connection may take to open.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A server that is gone without a word is noticed within a minute, and not after the two hours that are
/// the system's default.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(30);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(10);
const KEEPALIVE_RETRIES: u32 = 3;
const UNACKNOWLEDGED: Duration = Duration::from_mins(1);

/// The server, too, is to notice soon that a process or its host is gone: it rolls back and lets go of the
/// rows that the next attempt at the message waits for. A server that does not know a setting leaves it out.
const SESSION: &str = "\
SELECT set_config(name, wanted, false) FROM (VALUES
    ('client_connection_check_interval', '10s'),
    ('tcp_keepalives_idle', '30'),
    ('tcp_keepalives_interval', '10'),
    ('tcp_keepalives_count', '3'),
    ('tcp_user_timeout', '60000')
) AS ours (name, wanted) JOIN pg_settings USING (name)";

/// Where the database is and how to log in.
#[derive(Debug)]
pub(crate) struct Database {
    endpoint: sys_map::Database,
    password: SecretSource,
    /// What the server's list of connections calls us.
    application: String,
}

impl Database {
    /// Finds the password.
    pub(crate) async fn resolve(
        endpoint: sys_map::Database,
        service: &str,
    ) -> Result<Self, SecretError> {
        Ok(Self {
            password: SecretSource::resolve(&endpoint.password).await?,
            endpoint,
            application: format!("slingshot:{service}"),
        })
    }

    pub(super) fn username(&self) -> &str {
        &self.endpoint.username
    }

    /// Logs in; a password that is refused may have been changed since it was read.
    pub(super) async fn connect(&self, client: &Client) -> Result<Connection, DatabaseError> {
        let password = self.password.current();
        let refusal = match self.open(client, &password).await {
            Err(error) if error.is_authentication() => error,
            opened => return opened,
        };
        match self.password.resolve_again(&password).await {
            Some(password) => self.open(client, &password).await,
            None => Err(refusal),
        }
    }

    async fn open(&self, client: &Client, password: &Secret) -> Result<Connection, DatabaseError> {
        let mut connection = match client {
            Client::Blocking => self.open_blocking(password)?,
            Client::Foreign(client) => self.open_foreign(&**client, password)?,
            #[cfg(feature = "async-postgres")]
            Client::Async => self.open_async(password).await?,
            #[cfg(not(feature = "async-postgres"))]
            Client::Async => return Err(DatabaseError::NoAsync),
        };
        if let Err(error) = connection.run(SESSION).await {
            tracing::debug!(%error, "the server does not take the settings of a session");
        }
        Ok(connection)
    }

    fn open_blocking(&self, password: &Secret) -> Result<Connection, DatabaseError> {
        match PgConnection::establish(&self.connection_string(password)) {
            Ok(connection) => Ok(Connection::Blocking(Box::new(connection))),
            Err(error) => {
                let words = error.to_string().trim().to_owned();
                if words.contains("SSL support is not compiled in") {
                    return Err(DatabaseError::NoTls {
                        host: self.endpoint.host.clone(),
                        port: self.endpoint.port,
                    });
                }
                let refused = is_refusal(&words);
                Err(self.no_connection(words.into(), refused))
            }
        }
    }

    fn open_foreign(
        &self,
        client: &dyn ForeignClient,
        password: &Secret,
    ) -> Result<Connection, DatabaseError> {
        let endpoint = &self.endpoint;
        let login = Login {
            host: &endpoint.host,
            port: endpoint.port,
            username: &endpoint.username,
            password: password.reveal(),
            database: &endpoint.database,
            tls: endpoint.tls,
            application: &self.application,
        };
        let opened = client.connect(&login);
        opened.map(Connection::Foreign).map_err(|error| {
            let refused = is_refusal(&error.to_string());
            self.no_connection(error, refused)
        })
    }

    /// libpq's. It holds the password.
    fn connection_string(&self, password: &Secret) -> String {
        let endpoint = &self.endpoint;
        format!(
            "host={} port={} user={} dbname={} password={} application_name={} sslmode={} \
             gssencmode=disable connect_timeout={} keepalives_idle={} keepalives_interval={} \
             keepalives_count={KEEPALIVE_RETRIES} tcp_user_timeout={}",
            quoted(&endpoint.host),
            endpoint.port,
            quoted(&endpoint.username),
            quoted(&endpoint.database),
            quoted(password.reveal()),
            quoted(&self.application),
            if endpoint.tls { "require" } else { "prefer" },
            CONNECT_TIMEOUT.as_secs(),
            KEEPALIVE_IDLE.as_secs(),
            KEEPALIVE_INTERVAL.as_secs(),
            UNACKNOWLEDGED.as_millis(),
        )
    }

    fn no_connection(&self, source: AnyError, refused: bool) -> DatabaseError {
        let (host, port) = (self.endpoint.host.clone(), self.endpoint.port);
        if refused {
            let username = self.endpoint.username.clone();
            DatabaseError::Authentication {
                host,
                port,
                username,
                source,
            }
        } else {
            DatabaseError::Connect { host, port, source }
        }
    }
}

#[cfg(feature = "async-postgres")]
impl Database {
    async fn open_async(&self, password: &Secret) -> Result<Connection, DatabaseError> {
        let opening = tokio::time::timeout(CONNECT_TIMEOUT, self.open_in_time(password));
        match opening.await {
            Ok(opened) => opened,
            Err(elapsed) => Err(self.no_connection(elapsed.into(), false)),
        }
    }

    async fn open_in_time(&self, password: &Secret) -> Result<Connection, DatabaseError> {
        use diesel_async::AsyncPgConnection;
        use tokio_postgres::{NoTls, config::SslMode, error::SqlState};

        let unfit = |error: AnyError| self.no_connection(error, false);
        let failed = |error: tokio_postgres::Error| {
            let refused = error.code().is_some_and(|code| {
                [
                    SqlState::INVALID_PASSWORD,
                    SqlState::INVALID_AUTHORIZATION_SPECIFICATION,
                ]
                .contains(code)
            });
            self.no_connection(in_words(&error).into(), refused)
        };
        let mut login = self.tokio_login(password);
        let opened = if self.endpoint.tls {
            let tls = crate::tls::client().map_err(|error| unfit(error.into()))?;
            let tls = tokio_postgres_rustls::MakeRustlsConnect::new(tls);
            let opened = login.ssl_mode(SslMode::Require).connect(tls).await;
            let (client, connection) = opened.map_err(failed)?;
            AsyncPgConnection::try_from_client_and_connection(client, connection).await
        } else {
            let opened = login.ssl_mode(SslMode::Disable).connect(NoTls).await;
            let (client, connection) = opened.map_err(failed)?;
            AsyncPgConnection::try_from_client_and_connection(client, connection).await
        };
        let connection = opened.map_err(|error| unfit(error.into()))?;
        Ok(Connection::Async(Box::new(connection)))
    }

    fn tokio_login(&self, password: &Secret) -> tokio_postgres::Config {
        let mut login = tokio_postgres::Config::new();
        login
            .host(&self.endpoint.host)
            .port(self.endpoint.port)
            .user(&self.endpoint.username)
            .dbname(&self.endpoint.database)
            .password(password.reveal())
            .application_name(&self.application)
            .keepalives_idle(KEEPALIVE_IDLE)
            .keepalives_interval(KEEPALIVE_INTERVAL)
            .keepalives_retries(KEEPALIVE_RETRIES)
            .tcp_user_timeout(UNACKNOWLEDGED);
        login
    }
}

/// tokio-postgres says only which step failed; why is in the sources.
#[cfg(feature = "async-postgres")]
fn in_words(error: &tokio_postgres::Error) -> String {
    let errors = std::iter::successors(Some(error as &dyn std::error::Error), |it| it.source());
    let words: Vec<_> = errors.map(ToString::to_string).collect();
    words.join(": ")
}

/// Whether the server refused the role or its password (SQLSTATE 28000, 28P01). libpq has only words for why
/// there is no connection; those of a server whose `lc_messages` is not English are taken for an outage, and
/// its service reads a new password when it starts again.
fn is_refusal(words: &str) -> bool {
    [
        "authentication failed",
        "no password supplied",
        "no pg_hba.conf entry",
        "is not permitted to log in",
    ]
    .iter()
    .any(|known| words.contains(known))
        || (words.contains("role \"") && words.contains("does not exist"))
}

/// A value of libpq's connection string.
fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\\', r"\\").replace('\'', r"\'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_the_connection_string_are_quoted() {
        assert_eq!(quoted(r"it's a \"), r"'it\'s a \\'");
    }

    #[test]
    fn a_refused_login_is_told_from_a_server_that_is_not_there() {
        let server = r#"connection to server at "127.0.0.1", port 5432 failed: "#;
        for (words, expected) in [
            (
                "FATAL:  password authentication failed for user \"u\"",
                true,
            ),
            ("fe_sendauth: no password supplied", true),
            ("FATAL:  role \"u\" does not exist", true),
            ("FATAL:  role \"u\" is not permitted to log in", true),
            (
                "FATAL:  no pg_hba.conf entry for host \"::1\", user \"u\", database \"d\", no encryption",
                true,
            ),
            ("FATAL:  database \"d\" does not exist", false),
            ("FATAL:  the database system is starting up", false),
            ("FATAL:  sorry, too many clients already", false),
            (
                "Connection refused\n\tIs the server running on that host?",
                false,
            ),
        ] {
            assert_eq!(is_refusal(&format!("{server}{words}")), expected, "{words}");
        }
    }
}
