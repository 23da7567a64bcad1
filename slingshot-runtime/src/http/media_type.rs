//! What a request says that its body is.

use hyper::{
    HeaderMap, StatusCode,
    header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderValue},
};

use super::answer::Refused;

const JSON: &str = "application/json";

/// Whether the body is compressed, or anything else than it is.
pub(super) fn is_encoded(headers: &HeaderMap) -> bool {
    let encoding = headers.get(CONTENT_ENCODING).map(HeaderValue::as_bytes);
    encoding.is_some_and(|encoding| !encoding.eq_ignore_ascii_case(b"identity"))
}

/// Whether the body says that it is JSON. What it may not be is refused: a form of parts, or something compressed.
pub(super) fn is_json(headers: &HeaderMap) -> Result<bool, Refused> {
    let unsupported =
        |message: String| Refused::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message).closing();
    if is_encoded(headers) {
        return Err(unsupported(
            "the body is compressed: send it as it is".to_owned(),
        ));
    }
    let Some(value) = headers.get(CONTENT_TYPE) else {
        return Ok(false);
    };
    // What nearly everybody sends.
    if value == JSON {
        return Ok(true);
    }
    let value = value.to_str().unwrap_or_default().to_ascii_lowercase();
    let (name, parameters) = value.split_once(';').unwrap_or((&value, ""));
    let name = name.trim();
    if name.starts_with("multipart/") {
        return Err(unsupported(
            "the body is a form of parts: send the data itself, or a file to /stream/upload/{file_name}".to_owned(),
        ));
    }
    let charset = parameters
        .split(';')
        .find_map(|it| it.trim().strip_prefix("charset="));
    let charset = charset.map(|charset| charset.trim_matches('"'));
    if charset.is_some_and(|charset| !["utf-8", "utf8", "us-ascii"].contains(&charset)) {
        let message = format!("the body is in {}: send UTF-8", charset.unwrap_or_default());
        return Err(unsupported(message));
    }
    Ok(name == JSON || name.ends_with("+json"))
}
