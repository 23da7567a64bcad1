//! `sniff` tells texts from pictures from the rest, by content.

use slingshot::prelude::*;

use crate::{content::Content, database};

/// What a file is. A wrong name makes no case of its own: objects have none, and a text called
/// `letter.jpg` is a text.
#[derive(Case, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Image,
    Zip,
    Empty,
    Other,
}

impl Kind {
    /// As the database has it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Image => "image",
            Self::Zip => "zip",
            Self::Empty => "empty",
            Self::Other => "other",
        }
    }
}

/// Looks at the start of a file, notes what it is, and sends it where such files go.
#[microservice(name = "sniff", replicas = 4, startup = database::prepare)]
pub(crate) fn sniff(
    request: u64,
    read_file: &ReadFileFn,
    connection: &mut PgConnection,
) -> Result<(u64, Kind), AnyError> {
    let content = Content::of(read_file("in", request)?)?;
    database::store_document(connection, request, &content)?;
    Ok((request, content.kind))
}

#[cfg(test)]
mod tests {
    use slingshot::rehearsal::Buckets;

    use diesel::prelude::*;

    use super::*;
    use crate::{
        database::{Document, documents},
        rehearsal,
    };

    #[track_caller]
    fn check(file: &str, kind: Kind, media_type: &str) {
        let buckets = Buckets::with("in", 7, rehearsal::shipped(file));
        let connection = &mut rehearsal::database();
        for attempt in 1..=2 {
            let result = sniff(7, &buckets.read_file(), connection).unwrap();
            assert_eq!(result, (7, kind), "attempt {attempt}");
        }
        let stored = documents::table
            .select(Document::as_select())
            .load(connection)
            .unwrap();
        let expected = Document {
            id: 7,
            kind: kind.name().to_owned(),
            media_type: media_type.to_owned(),
            problem: None,
        };
        assert_eq!(stored, [expected]);
    }

    #[test]
    fn a_file_goes_where_its_content_says() {
        check("письмо.txt", Kind::Text, "text/plain");
        check("orbits.gif", Kind::Image, "image/gif");
        check("album.zip", Kind::Zip, "application/zip");
        check("empty.txt", Kind::Empty, "application/x-empty");
        check("one-page.pdf", Kind::Other, "application/pdf");
    }

    #[test]
    fn a_wrong_name_makes_no_difference() {
        check("letter.jpg", Kind::Text, "text/plain");
        check("tiles.txt", Kind::Image, "image/png");
    }

    #[test]
    fn a_missing_object_is_an_error() {
        let buckets = Buckets::new();
        let connection = &mut rehearsal::database();
        sniff(7, &buckets.read_file(), connection).unwrap_err();
    }
}
