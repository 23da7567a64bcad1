//! Errors of calls, as replies carry them: whoever calls sees the same as in one process.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::JSON;
use crate::{
    amqp::{Headers, Letter},
    handler::CallError,
};

/// A [`CallError`] on its way.
#[derive(Serialize, Deserialize)]
#[serde(remote = "CallError", rename_all = "kebab-case")]
enum SentError {
    NotFound(String),
    Malformed {
        handler: String,
        message: String,
    },
    LineFull {
        handler: String,
        replicas: u32,
        waiting: u32,
    },
    Timeout {
        handler: String,
        timeout: Duration,
    },
    TooDeep {
        chain: Vec<String>,
        limit: usize,
    },
    Failed {
        handler: String,
        message: String,
        status: Option<u16>,
    },
    Panicked {
        handler: String,
    },
    Lost {
        handler: String,
    },
    Draining,
    Broker(String),
}

pub(super) fn written_error(error: &CallError) -> Letter {
    let mut body = Vec::new();
    SentError::serialize(error, &mut serde_json::Serializer::new(&mut body))
        .expect("names, numbers and texts have a JSON");
    Letter {
        content_type: Some(JSON),
        headers: Headers::new(),
        body,
    }
}

pub(super) fn read_error(body: &[u8]) -> Result<CallError, String> {
    SentError::deserialize(&mut serde_json::Deserializer::from_slice(body))
        .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_arrives_as_it_left() {
        let handler = || "a".to_owned();
        for error in [
            CallError::NotFound(handler()),
            CallError::Malformed {
                handler: handler(),
                message: "no".to_owned(),
            },
            CallError::LineFull {
                handler: handler(),
                replicas: 1,
                waiting: 2,
            },
            CallError::Timeout {
                handler: handler(),
                timeout: Duration::from_millis(1_500),
            },
            CallError::TooDeep {
                chain: vec![handler(), handler()],
                limit: 16,
            },
            CallError::Failed {
                handler: handler(),
                message: "\"é\"\n".to_owned(),
                status: Some(409),
            },
            CallError::Panicked { handler: handler() },
            CallError::Lost { handler: handler() },
            CallError::Draining,
            CallError::Broker("gone".to_owned()),
        ] {
            let letter = written_error(&error);
            assert_eq!(read_error(&letter.body), Ok(error));
        }
    }
}
