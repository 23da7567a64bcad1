//! What must hold for whatever clients send.

use bytes::Bytes;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::envelope::open;
pub use super::files::fuzzing::{disposition, file_name, range};
use crate::handler::{Form, Payload, Source};

/// A request's body: what is taken out of an envelope is what JSON's own reader finds there, and what is no envelope
/// is handed on as it came.
pub fn envelope(body: &[u8], says_json: bool) {
    let body = Bytes::copy_from_slice(body);
    let Ok((Payload(form), source)) = open(&body, says_json) else {
        return;
    };
    match form {
        Form::Bytes(bytes) => {
            assert_eq!(bytes, body);
            assert_eq!(source, Source::default());
        }
        Form::Empty => assert!(body.trim_ascii().is_empty()),
        Form::Json(json) => {
            serde_json::from_slice::<IgnoredAny>(&json).expect("the data is JSON");
            check(&body, &source, |data| {
                let read = serde_json::from_slice::<Value>(&json);
                assert_eq!(read.ok().as_ref(), Some(data));
            });
        }
        Form::Text(text) => check(&body, &source, |data| {
            assert_eq!(data.as_str(), Some(text.as_str()));
        }),
    }
}

/// JSON's own reader refuses some of what nobody has to look at, as numbers and depths that it has no room for.
fn check(body: &Bytes, source: &Source, is_data: impl Fn(&Value)) {
    let Ok(whole) = serde_json::from_slice::<Value>(body) else {
        return;
    };
    is_data(&whole["data"]);
    assert_eq!(source.as_str(), whole["src"].as_str().unwrap_or_default());
}
