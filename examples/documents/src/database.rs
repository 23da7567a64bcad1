//! The tables, as `migrations/` makes them and as the services write and read them.
//!
//! Every write replaces what an earlier attempt at the same message wrote, so that a redelivered
//! message changes nothing.

use diesel::{prelude::*, sql_query, sql_types::BigInt, upsert::excluded};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness as _, embed_migrations};
use slingshot::prelude::*;

use crate::content::Content;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!();

/// The advisory lock that [`prepare`] holds: an arbitrary number of this example's own.
const MIGRATION_LOCK: i64 = 0x00D0_C500;

/// Brings the tables up to date. Each service runs it at its start, and several services start at
/// once: the lock lets one of them migrate while the others wait and then find nothing to do.
pub(crate) fn prepare(connection: &mut PgConnection) -> Result<(), AnyError> {
    connection.transaction(|connection| {
        lock(connection, MIGRATION_LOCK)?;
        connection.run_pending_migrations(MIGRATIONS)?;
        Ok(())
    })
}

/// Waits for an advisory lock and holds it until the transaction ends.
pub(crate) fn lock(connection: &mut PgConnection, key: i64) -> QueryResult<()> {
    sql_query("SELECT pg_advisory_xact_lock($1)")
        .bind::<BigInt, _>(key)
        .execute(connection)?;
    Ok(())
}

diesel::table! {
    documents (id) {
        id -> BigInt,
        kind -> Text,
        media_type -> Text,
        problem -> Nullable<Text>,
        on_page -> Bool,
    }
}

diesel::table! {
    texts (document) {
        document -> BigInt,
        encoding -> Text,
        words -> BigInt,
        distinct_words -> BigInt,
        language -> Nullable<Text>,
        language_name -> Nullable<Text>,
        excerpt -> Text,
    }
}

diesel::table! {
    words (document, word) {
        document -> BigInt,
        word -> Text,
        count -> BigInt,
    }
}

diesel::table! {
    pictures (document) {
        document -> BigInt,
        width -> BigInt,
        height -> BigInt,
        thumbnail_type -> Text,
    }
}

diesel::table! {
    members (document) {
        document -> BigInt,
        parent -> BigInt,
        path -> Text,
    }
}

diesel::joinable!(texts -> documents (document));
diesel::joinable!(pictures -> documents (document));
diesel::joinable!(members -> documents (document));
diesel::allow_tables_to_appear_in_same_query!(documents, texts, pictures, members);

/// A file.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable)]
#[diesel(table_name = documents)]
pub(crate) struct Document {
    pub(crate) id: i64,
    pub(crate) kind: String,
    pub(crate) media_type: String,
    pub(crate) problem: Option<String>,
}

/// What was read of a text.
#[derive(Clone, Debug, PartialEq, AsChangeset, Insertable, Queryable, Selectable)]
#[diesel(table_name = texts, treat_none_as_null = true)]
pub(crate) struct Text {
    pub(crate) document: i64,
    pub(crate) encoding: String,
    pub(crate) words: i64,
    pub(crate) distinct_words: i64,
    pub(crate) language: Option<String>,
    pub(crate) language_name: Option<String>,
    pub(crate) excerpt: String,
}

/// How often a word stands in a text.
#[derive(Clone, Debug, PartialEq, Insertable)]
#[diesel(table_name = words)]
pub(crate) struct WordCount {
    pub(crate) document: i64,
    pub(crate) word: String,
    pub(crate) count: i64,
}

/// What was drawn of a picture.
#[derive(Clone, Debug, PartialEq, AsChangeset, Insertable, Queryable, Selectable)]
#[diesel(table_name = pictures)]
pub(crate) struct Picture {
    pub(crate) document: i64,
    pub(crate) width: i64,
    pub(crate) height: i64,
    pub(crate) thumbnail_type: String,
}

/// Where a file lay in an archive.
#[derive(Clone, Debug, PartialEq, AsChangeset, Insertable, Queryable, Selectable)]
#[diesel(table_name = members)]
pub(crate) struct Member {
    pub(crate) document: i64,
    pub(crate) parent: i64,
    pub(crate) path: String,
}

/// Stores what a file was found to be.
pub(crate) fn store_document(
    connection: &mut PgConnection,
    id: u64,
    content: &Content,
) -> QueryResult<()> {
    diesel::insert_into(documents::table)
        .values((
            documents::id.eq(id.cast_signed()),
            documents::kind.eq(content.kind.name()),
            documents::media_type.eq(content.media_type),
            documents::on_page.eq(false),
        ))
        .on_conflict(documents::id)
        .do_update()
        .set((
            documents::kind.eq(excluded(documents::kind)),
            documents::media_type.eq(excluded(documents::media_type)),
            documents::on_page.eq(false),
        ))
        .execute(connection)?;
    Ok(())
}

/// Stores what a person should know about a file, and that the page does not show it yet.
pub(crate) fn store_problem(
    connection: &mut PgConnection,
    id: u64,
    problem: Option<&str>,
) -> QueryResult<()> {
    diesel::update(documents::table.find(id.cast_signed()))
        .set((documents::problem.eq(problem), documents::on_page.eq(false)))
        .execute(connection)?;
    Ok(())
}

/// Stores a text with its frequent words.
pub(crate) fn store_text(
    connection: &mut PgConnection,
    text: &Text,
    frequent: &[WordCount],
) -> QueryResult<()> {
    diesel::insert_into(texts::table)
        .values(text)
        .on_conflict(texts::document)
        .do_update()
        .set(text)
        .execute(connection)?;
    diesel::delete(words::table.filter(words::document.eq(text.document))).execute(connection)?;
    diesel::insert_into(words::table)
        .values(frequent)
        .execute(connection)?;
    Ok(())
}

/// Stores a picture.
pub(crate) fn store_picture(connection: &mut PgConnection, picture: &Picture) -> QueryResult<()> {
    diesel::insert_into(pictures::table)
        .values(picture)
        .on_conflict(pictures::document)
        .do_update()
        .set(picture)
        .execute(connection)?;
    Ok(())
}

/// Stores where a file lay in an archive.
pub(crate) fn store_member(connection: &mut PgConnection, member: &Member) -> QueryResult<()> {
    diesel::insert_into(members::table)
        .values(member)
        .on_conflict(members::document)
        .do_update()
        .set(member)
        .execute(connection)?;
    Ok(())
}
