//! `unpack` opens a zip file: each file inside becomes a document of its own.

use std::io::{self, Cursor, Read as _, Write as _};

use slingshot::prelude::*;
use zip::ZipArchive;

use crate::{
    content::Content,
    database::{self, Member},
    sniff::Kind,
};

/// The largest archive that is read into memory.
const READ_AT_MOST: u64 = 64 << 20;

/// What an archive of kilobytes may swell to: this many files, of this size each, together.
const MEMBERS: usize = 1_000;
const MEMBER_BYTES: u64 = 32 << 20;
const ALL_BYTES: u64 = 256 << 20;

/// Takes the files out of an archive, and sends each where such files go, and the archive itself to
/// the page. An archive inside stays closed, so that no file can keep the services busy for ever.
#[microservice(name = "unpack", startup = database::prepare)]
pub(crate) fn unpack(
    request: u64,
    connection: &mut PgConnection,
    read_file: &ReadFileFn,
    write_file: &WriteFileFn,
) -> Result<impl IntoIterator<Item = (u64, Kind)> + use<>, AnyError> {
    let mut bytes = Vec::new();
    read_file("in", request)?
        .take(READ_AT_MOST)
        .read_to_end(&mut bytes)?;
    let (files, left_out) = files_of(&bytes);

    let mut found = Vec::new();
    for (index, file) in (0..).zip(&files) {
        let document = member_id(request, index);
        let content = Content::of(file.bytes.as_slice())?;
        write_file("out", document)?.write_all(&file.bytes)?;
        database::store_document(connection, document, &content)?;
        let member = Member {
            document: document.cast_signed(),
            parent: request.cast_signed(),
            path: file.path.replace('\0', "\u{FFFD}"),
        };
        database::store_member(connection, &member)?;
        found.push((document, content.kind));
    }
    database::store_problem(connection, request, left_out.as_deref())?;
    Ok(found.into_iter().chain([(request, Kind::Zip)]))
}

/// A file as it lay in the archive.
#[derive(Debug, PartialEq)]
struct File {
    path: String,
    bytes: Vec<u8>,
}

/// The files that could be taken out, and what a person should know of the others.
fn files_of(archive: &[u8]) -> (Vec<File>, Option<String>) {
    let mut archive = match ZipArchive::new(Cursor::new(archive)) {
        Ok(archive) => archive,
        Err(error) => return (Vec::new(), Some(format!("the archive is damaged: {error}"))),
    };
    let mut files = Vec::new();
    let mut room = ALL_BYTES;
    let mut unread = archive.len().saturating_sub(MEMBERS);
    for index in 0..archive.len().min(MEMBERS) {
        match file_at(&mut archive, index, room.min(MEMBER_BYTES)) {
            Ok(Some(file)) => {
                room -= file.bytes.len() as u64;
                files.push(file);
            }
            Ok(None) => {}
            Err(_) => unread += 1,
        }
    }
    let left_out = (unread > 0).then(|| {
        format!("{unread} of the files inside are damaged, locked or too large and were left out")
    });
    (files, left_out)
}

/// One file, or nothing where the archive has a folder.
fn file_at(
    archive: &mut ZipArchive<Cursor<&[u8]>>,
    index: usize,
    limit: u64,
) -> io::Result<Option<File>> {
    let entry = archive.by_index(index)?;
    if entry.is_dir() {
        return Ok(None);
    }
    let path = entry.name()?.into_owned();
    let mut bytes = Vec::new();
    entry.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(Some(File { path, bytes }))
}

/// The id of a file inside an archive: every attempt finds the same, and ids far apart from the
/// small ones that people count with. The mixing is `SplitMix64`'s (<https://prng.di.unimi.it/splitmix64.c>).
fn member_id(archive: u64, index: u64) -> u64 {
    let mix = |seed: u64| {
        let z = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    };
    mix(mix(archive) ^ index)
}

#[cfg(test)]
mod tests {
    use slingshot::rehearsal::Buckets;

    use diesel::prelude::*;

    use super::*;
    use crate::{
        database::{documents, members},
        rehearsal,
    };

    #[test]
    fn files_become_documents_and_every_attempt_gives_them_the_same_ids() {
        let archive = rehearsal::shipped("album.zip");
        let buckets = Buckets::with("in", 7, &archive);
        let connection = &mut rehearsal::database();
        database::store_document(connection, 7, &Content::of_start(&archive)).unwrap();
        let ids = [0, 1, 2].map(|index| member_id(7, index));
        for _attempt in 1..=2 {
            let results: Vec<_> =
                unpack(7, connection, &buckets.read_file(), &buckets.write_file())
                    .unwrap()
                    .into_iter()
                    .collect();
            let expected = [
                (ids[0], Kind::Image),
                (ids[1], Kind::Text),
                (ids[2], Kind::Empty),
                (7, Kind::Zip),
            ];
            assert_eq!(results, expected);
        }
        assert_eq!(buckets.get("out", ids[2]), Some(Vec::new()));
        let paths: Vec<String> = members::table
            .select(members::path)
            .order(members::path)
            .load(connection)
            .unwrap();
        assert_eq!(
            paths,
            ["album/blank.txt", "album/notes.txt", "album/red-hills.jpg"]
        );
    }

    #[test]
    fn a_damaged_archive_is_a_result_with_a_remark() {
        let whole = rehearsal::shipped("album.zip");
        let buckets = Buckets::with("in", 7, &whole[..whole.len() / 2]);
        let connection = &mut rehearsal::database();
        database::store_document(connection, 7, &Content::of_start(&whole)).unwrap();
        let results: Vec<_> = unpack(7, connection, &buckets.read_file(), &buckets.write_file())
            .unwrap()
            .into_iter()
            .collect();
        assert_eq!(results, [(7, Kind::Zip)]);
        let problem: Option<String> = documents::table
            .select(documents::problem)
            .first(connection)
            .unwrap();
        assert!(problem.unwrap().starts_with("the archive is damaged: "));
    }

    #[test]
    fn a_damaged_file_is_left_out_and_the_others_are_not() {
        let mut archive = rehearsal::shipped("album.zip");
        let (whole, none_left_out) = files_of(&archive);
        assert_eq!((whole.len(), none_left_out), (3, None));
        archive[1_000] ^= 0xFF; // inside the picture
        let (files, left_out) = files_of(&archive);
        assert_eq!(files, whole[1..]);
        assert_eq!(
            left_out.unwrap(),
            "1 of the files inside are damaged, locked or too large and were left out"
        );
    }
}
