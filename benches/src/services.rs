//! The contestants made of Slingshot services.

use diesel::{PgConnection, RunQueryDsl as _, sql_query, sql_types::BigInt};
use slingshot::prelude::*;

use crate::engines::{INPUTS, INSERT};

#[microservice(name = "pass")]
fn pass(request: u64) -> (u64, bool) {
    (request, true)
}

#[microservice(name = "pass-async")]
#[expect(clippy::unused_async, reason = "it is the kind that is measured")]
async fn pass_async(request: u64) -> (u64, bool) {
    (request, true)
}

#[microservice(name = "copy")]
fn copy(
    request: u64,
    read_file: &ReadFileFn,
    write_file: &WriteFileFn,
) -> Result<(u64, bool), AnyError> {
    use std::io::{Read as _, Write as _};

    let mut bytes = Vec::new();
    read_file("in", request % INPUTS)?.read_to_end(&mut bytes)?;
    write_file("out", request)?.write_all(&bytes)?;
    Ok((request, true))
}

#[microservice(name = "copy-async")]
async fn copy_async(
    request: u64,
    read_file: &ReadFileFn,
    write_file: &WriteFileFn,
) -> Result<(u64, bool), AnyError> {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    let mut bytes = Vec::new();
    let mut reader = read_file("in", request % INPUTS)?;
    reader.read_to_end(&mut bytes).await?;
    write_file("out", request)?.write_all(&bytes).await?;
    Ok((request, true))
}

/// Never the whole object at once: for one that is larger than the memory.
#[microservice(name = "stream")]
fn stream(
    request: u64,
    read_file: &ReadFileFn,
    write_file: &WriteFileFn,
) -> Result<(u64, bool), AnyError> {
    std::io::copy(
        &mut read_file("in", request)?,
        &mut write_file("out", request)?,
    )?;
    Ok((request, true))
}

#[microservice(name = "stream-async")]
async fn stream_async(
    request: u64,
    read_file: &ReadFileFn,
    write_file: &WriteFileFn,
) -> Result<(u64, bool), AnyError> {
    let (mut reader, mut writer) = (read_file("in", request)?, write_file("out", request)?);
    tokio::io::copy(&mut reader, &mut writer).await?;
    Ok((request, true))
}

#[microservice(name = "insert")]
fn insert(request: u64, connection: &mut PgConnection) -> Result<(u64, bool), AnyError> {
    let id = i64::try_from(request)?;
    sql_query(INSERT)
        .bind::<BigInt, _>(id)
        .execute(connection)?;
    Ok((request, true))
}

/// One that takes everything, to see what it costs to have it.
#[microservice(name = "everything")]
fn everything(
    request: u64,
    read_file: &ReadFileFn,
    write_file: &WriteFileFn,
    connection: &mut PgConnection,
) -> Result<(u64, bool), AnyError> {
    copy(request, read_file, write_file)?;
    insert(request, connection)
}
