//! What must hold for whatever clients say of files.

use hyper::header::HeaderValue;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::{disposition::attachment, range::Part};
use crate::files::FileId;

/// A `Range` header: a part lies within the file, has a byte at least, and is the same when it is asked for by name.
pub fn range(value: &str, size: u64) {
    if let Part::Bytes(part) = Part::of(value, size) {
        assert!(part.start < part.end && part.end <= size, "{part:?}");
        let named = format!("bytes={}-{}", part.start, part.end - 1);
        assert_eq!(Part::of(&named, size), Part::Bytes(part));
    }
}

/// The part of an address that names a file: what is taken leads nowhere, fits a file system, and comes back as it
/// was when it is encoded again. A client may keep the file under it.
pub fn file_name(part: &str) {
    let Ok(name) = FileId::of_address(part) else {
        return;
    };
    let text = name.as_str();
    assert!((1..=255).contains(&text.len()), "{text:?}");
    assert!(text != "." && text != "..");
    let harmful = |letter: char| letter == '/' || letter == '\\' || letter.is_control();
    assert!(!text.contains(harmful), "{text:?}");
    let encoded = utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let again = FileId::of_address(&encoded);
    assert_eq!(again.as_ref().map(FileId::as_str), Ok(text));
    disposition(text);
}

/// The name that a client is to keep a file under: whatever it is, the header is one line with one name in quotes, and
/// the encoded name is that name without what leads anywhere.
pub fn disposition(name: &str) {
    let value = attachment(Some(name));
    HeaderValue::from_str(&value).expect("a header's value");
    assert!(value.is_ascii());
    if name.is_empty() {
        return assert_eq!(value, "attachment");
    }
    let rest = value.strip_prefix("attachment; filename=\"");
    let (plain, rest) = rest.and_then(|it| it.split_once('"')).expect("a name");
    assert!(!plain.contains(['/', '\\', '%']), "{plain}");
    let encoded = rest.strip_prefix("; filename*=UTF-8''");
    let told = match encoded {
        Some(encoded) => percent_decode_str(encoded).decode_utf8().expect("UTF-8"),
        None => plain.into(),
    };
    assert_eq!(told.chars().count(), name.chars().count());
    for (told, was) in told.chars().zip(name.chars()) {
        let is_harmless = told == was || told == '_' && (was.is_control() || "/\\".contains(was));
        assert!(is_harmless, "{told:?} for {was:?}");
    }
}
