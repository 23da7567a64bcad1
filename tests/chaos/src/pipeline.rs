//! The three services under attack, in processes of their own.
//!
//! | service | takes | does | gives |
//! |---|---|---|---|
//! | `split` | an id | writes the object of the id | one to three parts |
//! | `stamp` | a part | reads that object, writes one under a token that no other call has, notes part and token in the table `stamped` | the token |
//! | `tally` | a token | notes in `tallied` whether `stamped` knows the token | nothing |
//!
//! A token is made by one call of `stamp` and kept by one transaction: a token that `tally` hears of and
//! `stamped` does not have was published for work that was rolled back. The tables have no unique
//! columns: what is done twice is there twice.

use std::{
    hash::{BuildHasher as _, RandomState},
    io::{Read as _, Write as _},
    time::Duration,
};

use diesel::{sql_query, sql_types::BigInt};
use diesel_async::RunQueryDsl as _;
use slingshot::prelude::*;

use crate::contents;

/// The services, in the order in which a message meets them.
pub(crate) const SERVICES: [&str; 3] = ["split", "stamp", "tally"];

/// The one of them that there is in Python too, in `python/stamp.py`.
pub(crate) const PYTHON_FORM: &str = "stamp";

/// What each process of a service works on at once.
pub(crate) const REPLICAS: u32 = 4;

/// A whole's parts are numbered within so many.
const PARTS: u64 = 4;

/// One call of `stamp` in so many fails after its insert, and one in as many panics: work is rolled
/// back all the time, also while nothing is broken.
const FAILING: u64 = 64;

#[derive(Case)]
enum Made {
    Part,
    Token,
}

/// The parts that a whole is split into.
pub(crate) fn parts_of(whole: u64) -> impl Iterator<Item = u64> {
    (0..=whole % (PARTS - 1)).map(move |index| whole * PARTS + index)
}

/// The whole that a part is of.
pub(crate) fn whole_of(part: u64) -> u64 {
    part / PARTS
}

#[microservice(name = "split", replicas = 4)]
async fn split(whole: u64, write_file: &WriteFileFn) -> Result<Vec<(u64, Made)>, AnyError> {
    let mut object = write_file("wholes", whole)?;
    tokio::io::AsyncWriteExt::write_all(&mut object, &contents::of(whole)).await?;
    tokio::time::sleep(Duration::from_millis(whole % 20)).await;
    Ok(parts_of(whole).map(|part| (part, Made::Part)).collect())
}

#[microservice(
    name = "stamp",
    replicas = 4,
    deduplicate,
    retry(max = 5, initial = "1s", max_delay = "5s")
)]
fn stamp(
    part: u64,
    read_file: &ReadFileFn,
    write_file: &WriteFileFn,
    connection: &mut PgConnection,
) -> Result<(u64, Made), AnyError> {
    let whole = whole_of(part);
    let mut found = Vec::new();
    read_file("wholes", whole)
        .map_err(|error| permanent_if_missing(error, whole))?
        .read_to_end(&mut found)?;
    if found != contents::of(whole) {
        let count = found.len();
        let wrong = format!("the object {whole} was read with other bytes than written ({count})");
        return Err(Error::permanent(wrong).into());
    }
    let chance = RandomState::new().hash_one(part);
    let token = chance >> 1;
    write_file("stamps", token)?.write_all(&contents::of(token))?;
    let stamped = sql_query("INSERT INTO stamped (part, token) VALUES ($1, $2)")
        .bind::<BigInt, _>(part.cast_signed())
        .bind::<BigInt, _>(token.cast_signed());
    diesel::RunQueryDsl::execute(stamped, connection)?;
    match chance % FAILING {
        0 => Err("as chance has it".into()),
        1 => Err(panicked()),
        _ => Ok((token, Made::Token)),
    }
}

#[microservice(
    name = "tally",
    replicas = 4,
    deduplicate,
    retry(max = 5, initial = "1s", max_delay = "5s")
)]
async fn tally(token: u64, connection: &mut AsyncPgConnection) -> Result<(), AnyError> {
    sql_query(
        "INSERT INTO tallied (token, known) \
         VALUES ($1, EXISTS (SELECT FROM stamped WHERE token = $1))",
    )
    .bind::<BigInt, _>(token.cast_signed())
    .execute(connection)
    .await?;
    Ok(())
}

/// An object that is not there although its id was published is no accident that a retry may hide.
fn permanent_if_missing(error: AnyError, id: u64) -> AnyError {
    if error.to_string().starts_with("there is no object") {
        Error::permanent(format!("the id {id} was published before its object")).into()
    } else {
        error
    }
}

#[expect(clippy::panic, reason = "a function that panics is one of the faults")]
fn panicked() -> AnyError {
    panic!("as chance has it")
}
