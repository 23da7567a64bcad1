//! The database of a service under test.

use diesel::{Connection as _, PgConnection, QueryableByName, RunQueryDsl as _, sql_query};
use tokio::time::{Instant, sleep};

use super::{LOOK, PATIENCE};
use crate::environment;

/// What the services work on.
const TABLES: &str = "\
CREATE TABLE effects (request bigint NOT NULL);
CREATE TABLE obstacles (request bigint NOT NULL);
CREATE SEQUENCE calls;
GRANT ALL ON effects, obstacles, calls TO PUBLIC;";

/// Where a database is, and who logs in.
#[derive(Clone, Debug)]
pub(crate) struct Postgres {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) username: String,
    pub(crate) password: String,
    pub(crate) database: String,
    pub(crate) tls: bool,
}

impl Postgres {
    /// A new database of the PostgreSQL that the tests were given.
    pub(crate) fn fresh(name: &str) -> Self {
        let url = environment::database_url();
        let (_, server) = url.rsplit_once('@').unwrap();
        let (server, _) = server.split_once('/').unwrap();
        let (host, port) = server.split_once(':').unwrap();
        let name = name.replace(['.', '-'], "_");
        let mut postgres = Self {
            host: host.to_owned(),
            port: port.parse().unwrap(),
            username: "postgres".to_owned(),
            password: "unused".to_owned(),
            database: "postgres".to_owned(),
            tls: false,
        };
        postgres.run(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        postgres.run(&format!("CREATE DATABASE {name}"));
        postgres.database = name;
        postgres.prepared()
    }

    /// With the services' tables.
    pub(crate) fn prepared(self) -> Self {
        self.connect().batch(TABLES);
        self
    }

    fn connect(&self) -> Session {
        let Self {
            host,
            port,
            username,
            password,
            database,
            ..
        } = self;
        let url = format!("postgres://{username}:{password}@{host}:{port}/{database}");
        Session(PgConnection::establish(&url).unwrap())
    }

    pub(crate) fn run(&self, statement: &str) {
        self.connect().batch(statement);
    }

    pub(crate) fn number(&self, query: &str) -> i64 {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            number: i64,
        }
        let query = format!("SELECT ({query})::bigint AS number");
        let row: Row = sql_query(query).get_result(&mut self.connect().0).unwrap();
        row.number
    }

    /// How often the functions were called.
    pub(crate) fn calls(&self) -> i64 {
        self.number("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM calls")
    }

    /// How often what they did was committed.
    pub(crate) fn effects(&self) -> i64 {
        self.number("SELECT count(*) FROM effects")
    }

    pub(crate) async fn becomes(&self, query: &str, expected: i64) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let number = self.number(query);
            if number == expected {
                return;
            }
            assert!(
                Instant::now() < deadline,
                "{query}: {number}, not {expected}"
            );
            sleep(LOOK).await;
        }
    }
}

struct Session(PgConnection);

impl Session {
    fn batch(&mut self, statements: &str) {
        diesel::connection::SimpleConnection::batch_execute(&mut self.0, statements).unwrap();
    }
}
