//! What the tests, which call the services' functions as what they are, work with: the files that the
//! example ships, and a database.

use std::{fs, path::PathBuf};

use diesel::Connection as _;
use slingshot::prelude::*;

use crate::database;

/// One of the files that the example ships.
pub(crate) fn shipped(name: &str) -> Vec<u8> {
    fs::read(PathBuf::from("files").join(name)).unwrap()
}

/// A connection with the tables made, in a transaction that is rolled back at the end.
#[expect(
    clippy::disallowed_methods,
    reason = "a test is told by its environment where PostgreSQL is"
)]
pub(crate) fn database() -> PgConnection {
    let url = std::env::var("SLINGSHOT_TEST_DATABASE_URL")
        .expect("run this through scripts/with-services");
    let mut connection = PgConnection::establish(&url).unwrap();
    connection.begin_test_transaction().unwrap();
    database::prepare(&mut connection).unwrap();
    connection
}
