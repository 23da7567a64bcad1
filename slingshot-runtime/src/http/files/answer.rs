//! What a download is answered with: the file, a part of it, or that the client has it already.

use std::ops::Range;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use hyper::{
    HeaderMap, Response, StatusCode,
    header::{
        ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE,
        CONTENT_TYPE, ETAG, HeaderName, HeaderValue, IF_NONE_MATCH, IF_RANGE, RANGE,
    },
};

use super::{
    disposition,
    range::Part,
    sending::{Recipient, STALLED, Sending},
    tag::Tag,
};
use crate::{
    AnyError,
    files::Download,
    handler::{CallError, CallFailure},
    http::answer::{Answer, AnswerBody, secure},
};

const BYTES: HeaderValue = HeaderValue::from_static("application/octet-stream");
const REPR_DIGEST: HeaderName = HeaderName::from_static("repr-digest");

/// It may be kept by who has it, who asks each time whether it is still the same.
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("private, no-cache");

/// What a request says of the file that it asks for.
pub(super) struct Asked {
    head: bool,
    range: Option<String>,
    if_range: Option<String>,
    none_match: Vec<String>,
}

impl Asked {
    pub(super) fn by(headers: &HeaderMap, head: bool) -> Self {
        let text = |value: &HeaderValue| value.to_str().ok().map(str::to_owned);
        let first = |name| headers.get(name).and_then(text);
        Self {
            head,
            // HTTP knows parts of what is asked for by GET alone.
            range: first(RANGE).filter(|_| !head),
            if_range: first(IF_RANGE),
            none_match: headers
                .get_all(IF_NONE_MATCH)
                .iter()
                .filter_map(text)
                .collect(),
        }
    }

    fn has(&self, tag: &Tag) -> bool {
        self.none_match.iter().any(|list| tag.is_among(list))
    }

    fn part(&self, tag: Option<&Tag>, size: Option<u64>) -> Part {
        let (Some(range), Some(size)) = (&self.range, size) else {
            return Part::Whole;
        };
        let other_content = |value: &String| !tag.is_some_and(|tag| tag.is(value));
        if self.if_range.as_ref().is_some_and(other_content) {
            return Part::Whole;
        }
        Part::of(range, size)
    }
}

/// Answers with a file, of which `handler` is the one that gave it.
pub(super) async fn download(
    mut file: Download,
    asked: Asked,
    recipient: Recipient,
    handler: &str,
) -> Result<Answer, CallError> {
    let failed = |error: AnyError| CallError::of(handler, CallFailure::Failed(error));
    let size = file.known_size().await.map_err(failed)?;
    let tag = tag(&file);
    let mut answer = Response::new(AnswerBody::Whole(Bytes::new()));
    describe(&file, tag.as_ref(), answer.headers_mut());
    if tag.as_ref().is_some_and(|tag| asked.has(tag)) {
        answer.headers_mut().remove(CONTENT_TYPE);
        *answer.status_mut() = StatusCode::NOT_MODIFIED;
        return Ok(answer);
    }
    if size.is_some() {
        let headers = answer.headers_mut();
        headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    }
    let part: Option<Range<u64>> = match asked.part(tag.as_ref(), size) {
        Part::Whole => None,
        Part::Bytes(part) => {
            *answer.status_mut() = StatusCode::PARTIAL_CONTENT;
            let (first, last) = (part.start, part.end - 1);
            content_range(&mut answer, &format!("{first}-{last}"), size);
            Some(part)
        }
        Part::Nothing => {
            *answer.status_mut() = StatusCode::RANGE_NOT_SATISFIABLE;
            answer.headers_mut().remove(CONTENT_TYPE);
            content_range(&mut answer, "*", size);
            return Ok(answer);
        }
    };
    let length = part.as_ref().map(|part| part.end - part.start).or(size);
    if asked.head {
        if let Some(length) = length {
            let headers = answer.headers_mut();
            headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        }
        return Ok(answer);
    }
    let replica = file.replica.take();
    let chunks = file.open(part).await.map_err(failed)?;
    let sending = Sending::begin(chunks, length, recipient, STALLED, replica);
    *answer.body_mut() = AnswerBody::stream(sending, length);
    Ok(answer)
}

/// Its own, or its digest.
fn tag(file: &Download) -> Option<Tag> {
    if let Some(tag) = &file.etag {
        return Some(Tag::new(tag));
    }
    let digest = file.sha256?;
    Some(Tag::new(&STANDARD.encode(digest)))
}

fn describe(file: &Download, tag: Option<&Tag>, headers: &mut HeaderMap) {
    secure(headers);
    let value = |text: &str| HeaderValue::from_str(text).ok();
    let content_type = file.content_type.as_deref().and_then(value);
    headers.insert(CONTENT_TYPE, content_type.unwrap_or(BYTES));
    let disposition = disposition::attachment(file.name.as_deref());
    headers.extend(value(&disposition).map(|it| (CONTENT_DISPOSITION, it)));
    if let Some(tag) = tag {
        headers.extend(value(tag.as_str()).map(|it| (ETAG, it)));
        headers.insert(CACHE_CONTROL, ASK_AGAIN);
    }
    if let Some(digest) = file.sha256 {
        let digest = format!("sha-256=:{}:", STANDARD.encode(digest));
        headers.extend(value(&digest).map(|it| (REPR_DIGEST, it)));
    }
}

fn content_range(answer: &mut Answer, range: &str, size: Option<u64>) {
    let size = size.unwrap_or_default();
    let value = HeaderValue::try_from(format!("bytes {range}/{size}"));
    let headers = answer.headers_mut();
    headers.extend(value.ok().map(|value| (CONTENT_RANGE, value)));
}
