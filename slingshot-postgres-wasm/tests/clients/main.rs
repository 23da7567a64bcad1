//! The multiplexer with real clients, over one connection to a real `PostgreSQL` as the engine.
//! Run through `scripts/with-services`.

#![expect(
    clippy::unwrap_used,
    reason = "a helper of a test fails as the test does"
)]

mod copy;
mod environment;
mod isolation;
mod limits;
mod raw;
mod turns;

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use slingshot_postgres_wasm::{Config, Limits, Server, ServerError};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_postgres::{Client, NoTls, error::SqlState};

use self::environment::Backend;

/// A running multiplexer with a schema of its own.
struct Database {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    run: JoinHandle<Result<(), ServerError>>,
}

impl Database {
    async fn start(schema: &'static str) -> Self {
        Self::start_with(schema, Limits::default()).await
    }

    async fn start_with(schema: &'static str, limits: Limits) -> Self {
        let config = Config {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            user: "ada".to_owned(),
            database: "engine".to_owned(),
            password: "difference".to_owned(),
            limits,
        };
        let server = Server::start(config, move || Backend::connect(schema))
            .await
            .unwrap();
        let (stop, stopped) = oneshot::channel();
        let address = server.address();
        let run = tokio::spawn(server.run(async { drop(stopped.await) }));
        Self { address, stop, run }
    }

    fn config(&self) -> tokio_postgres::Config {
        let mut config = tokio_postgres::Config::new();
        config.host("127.0.0.1").port(self.address.port());
        config.user("ada").dbname("engine").password("difference");
        config
    }

    async fn client(&self) -> Client {
        connect(&self.config()).await.unwrap()
    }

    async fn shutdown(self) -> Result<(), ServerError> {
        self.stop.send(()).unwrap();
        self.run.await.unwrap()
    }
}

async fn connect(config: &tokio_postgres::Config) -> Result<Client, tokio_postgres::Error> {
    let (client, connection) = config.connect(NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

async fn value(client: &Client, query: &str) -> String {
    client.query_one(query, &[]).await.unwrap().get(0)
}

/// Asks until the server has noticed that a client left.
async fn eventually(client: &Client, query: &str, expected: &str) {
    for _ in 0..200 {
        if value(client, query).await == expected {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{query} never gave {expected}");
}

#[track_caller]
fn assert_refused<T>(outcome: Result<T, tokio_postgres::Error>, state: &SqlState) -> String {
    let error = outcome.err().expect("refused");
    let error = error
        .as_db_error()
        .unwrap_or_else(|| panic!("no answer of the server: {error}"));
    assert_eq!(error.code(), state, "{error}");
    error.message().to_owned()
}
