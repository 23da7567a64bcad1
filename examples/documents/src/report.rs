//! `report` writes one page with all results.

mod page;
mod results;

use std::io::{Read as _, Write as _};

use base64::{display::Base64Display, prelude::BASE64_STANDARD};
use slingshot::prelude::*;

use self::{page::Page, results::Results};
use crate::database;

/// The page's id in the `out` bucket.
const PAGE: u64 = 0;

/// The advisory lock that a page is written under: an arbitrary number of this example's own.
const PAGE_LOCK: i64 = 0x00D0_C501;

/// Writes the page anew, unless it shows everything already: of a hundred results that arrive while a
/// page is being written, the first that follows writes them all and the others find nothing to do.
///
/// The lock is held until the transaction ends, and that is after the page is uploaded: however many
/// replicas there are, an older page never replaces a newer one.
#[microservice(name = "report", replicas = 1, startup = database::prepare, writes("out"))]
pub(crate) fn report(
    connection: &mut PgConnection,
    write_file: &WriteFileFn,
    read_file: &ReadFileFn,
) -> Result<Option<(u64, &'static str)>, AnyError> {
    database::lock(connection, PAGE_LOCK)?;
    if results::mark_shown(connection)? == 0 {
        return Ok(None);
    }
    let mut results = Results::load(connection)?;
    for result in &mut results.documents {
        if let Some(picture) = &result.picture {
            let mut bytes = Vec::new();
            read_file("thumbnails", result.id())?.read_to_end(&mut bytes)?;
            let data = Base64Display::new(&bytes, &BASE64_STANDARD);
            result.thumbnail = Some(format!("data:{};base64,{data}", picture.thumbnail_type));
        }
    }
    write!(write_file("out", PAGE)?, "{}", Page(&results))?;
    Ok(Some((PAGE, "written")))
}

#[cfg(test)]
mod tests {
    use slingshot::rehearsal::Buckets;

    use super::*;
    use crate::{rehearsal, sniff::sniff, thumbnail::thumbnail, unpack::unpack, words::words};

    #[test]
    fn the_page_is_written_when_there_is_something_new() {
        let buckets = Buckets::with("in", 1, "<b>not bold</b> & a 'quote'");
        let connection = &mut rehearsal::database();
        let read = &buckets.read_file();
        let write = &buckets.write_file();

        assert_eq!(report(connection, write, read).unwrap(), None);
        sniff(1, read, connection).unwrap();
        words(connection, read, 1).unwrap();
        assert_eq!(
            report(connection, write, read).unwrap(),
            Some((PAGE, "written"))
        );
        assert_eq!(report(connection, write, read).unwrap(), None);
        let page = String::from_utf8(buckets.get("out", PAGE).unwrap()).unwrap();
        assert!(
            page.contains("&lt;b&gt;not bold&lt;/b&gt; &amp; a &#39;quote&#39;"),
            "{page}"
        );
    }

    #[test]
    fn the_page_shows_thumbnails_and_the_files_of_archives() {
        let buckets = Buckets::with("in", 1, rehearsal::shipped("plasma.bmp"));
        buckets.put("in", 2, rehearsal::shipped("album.zip"));
        buckets.put("in", 3, rehearsal::shipped("truncated.jpg"));
        let connection = &mut rehearsal::database();
        let read = &buckets.read_file();
        let write = &buckets.write_file();
        for id in 1..=3 {
            sniff(id, read, connection).unwrap();
        }
        for id in [1, 3] {
            thumbnail(write, read, id, connection).unwrap();
            if let Some(drawn) = buckets.get("out", id) {
                buckets.put("thumbnails", id, drawn);
            }
        }
        unpack(2, connection, read, write)
            .unwrap()
            .into_iter()
            .for_each(drop);
        report(connection, write, read).unwrap();
        let page = String::from_utf8(buckets.get("out", PAGE).unwrap()).unwrap();
        assert!(
            page.contains("<img src=\"data:image/jpeg;base64,/9j/"),
            "{page}"
        );
        assert!(page.contains("№ 2 · album/notes.txt"), "{page}");
        assert!(page.contains("3 files inside"), "{page}");
        assert!(
            page.contains("<em>the picture ends before its end</em>"),
            "{page}"
        );
    }
}
