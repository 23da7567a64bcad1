//! What the page shows, as the database has it.

use diesel::{
    dsl::sql,
    prelude::*,
    sql_query,
    sql_types::{BigInt, Bool, Nullable, Text as SqlText},
};
use slingshot::prelude::PgConnection;

use crate::database::{Document, Member, Picture, Text, documents, members, pictures, texts};

/// How many documents the page lists. It stays a page that a browser opens at once; the totals and
/// the database have the rest.
const LISTED: i64 = 300;

/// How many words the page shows.
const WORDS: i64 = 36;

/// Everything on the page.
#[derive(Debug, Default)]
pub(super) struct Results {
    pub(super) totals: Totals,
    pub(super) languages: Vec<Language>,
    pub(super) words: Vec<FrequentWord>,
    /// In the order of their ids, the files of an archive behind it.
    pub(super) documents: Vec<Listed>,
}

/// One document with all that is known of it.
#[derive(Debug)]
pub(super) struct Listed {
    pub(super) document: Document,
    pub(super) text: Option<Text>,
    pub(super) picture: Option<Picture>,
    pub(super) member: Option<Member>,
    /// A `data:` address. The bytes are an object: the database does not have them.
    pub(super) thumbnail: Option<String>,
}

impl Listed {
    pub(super) fn id(&self) -> u64 {
        self.document.id.cast_unsigned()
    }
}

/// Counts over all documents.
#[derive(Clone, Copy, Debug, Default, PartialEq, QueryableByName)]
pub(super) struct Totals {
    #[diesel(sql_type = BigInt)]
    pub(super) documents: i64,
    #[diesel(sql_type = BigInt)]
    pub(super) texts: i64,
    #[diesel(sql_type = BigInt)]
    pub(super) pictures: i64,
    #[diesel(sql_type = BigInt)]
    pub(super) words: i64,
}

/// A language with its number of texts.
#[derive(Clone, Debug, PartialEq, QueryableByName)]
pub(super) struct Language {
    /// In English; none for the texts in no certain language.
    #[diesel(sql_type = Nullable<SqlText>)]
    pub(super) name: Option<String>,
    #[diesel(sql_type = BigInt)]
    pub(super) texts: i64,
}

/// A word with how often it stands in all texts.
#[derive(Clone, Debug, PartialEq, QueryableByName)]
pub(super) struct FrequentWord {
    #[diesel(sql_type = SqlText)]
    pub(super) word: String,
    #[diesel(sql_type = BigInt)]
    pub(super) count: i64,
}

/// Marks every document as shown, and says how many were not. The rows stay locked until the
/// transaction ends: a result that comes meanwhile waits, and marks its document again.
pub(super) fn mark_shown(connection: &mut PgConnection) -> QueryResult<usize> {
    diesel::update(documents::table.filter(documents::on_page.eq(false)))
        .set(documents::on_page.eq(true))
        .execute(connection)
}

impl Results {
    pub(super) fn load(connection: &mut PgConnection) -> QueryResult<Self> {
        type Row = (Document, Option<Text>, Option<Picture>, Option<Member>);

        let totals = sql_query(
            "SELECT count(*) AS documents, count(*) FILTER (WHERE kind = 'text') AS texts, \
             (SELECT count(*) FROM pictures) AS pictures, \
             (SELECT coalesce(sum(words), 0)::bigint FROM texts) AS words FROM documents",
        )
        .get_result(connection)?;
        let languages = sql_query(
            "SELECT language_name AS name, count(*) AS texts FROM texts \
             GROUP BY language_name ORDER BY language_name IS NULL, texts DESC, language_name",
        )
        .load(connection)?;
        // The longer words say what the texts are about, and numbers do not.
        let words = sql_query(
            "SELECT word, sum(count)::bigint AS count FROM words \
             WHERE char_length(word) >= 5 AND word !~ '[0-9]' GROUP BY word ORDER BY count DESC, word LIMIT $1",
        )
        .bind::<BigInt, _>(WORDS)
        .load(connection)?;
        let documents = documents::table
            .left_join(texts::table)
            .left_join(pictures::table)
            .left_join(members::table)
            .select((
                Document::as_select(),
                Option::<Text>::as_select(),
                Option::<Picture>::as_select(),
                Option::<Member>::as_select(),
            ))
            .order(sql::<Bool>(
                "coalesce(members.parent, documents.id), members.document IS NOT NULL, members.path",
            ))
            .limit(LISTED)
            .load::<Row>(connection)?;
        Ok(Self {
            totals,
            languages,
            words,
            documents: documents
                .into_iter()
                .map(|(document, text, picture, member)| Listed {
                    document,
                    text,
                    picture,
                    member,
                    thumbnail: None,
                })
                .collect(),
        })
    }
}
