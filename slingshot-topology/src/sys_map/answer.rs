//! `GET /{service}`: a service's own queue and its routes.

use serde::{Deserialize, Serialize};
use slingshot_settings::Retry;
use thiserror::Error;

use super::{
    fields::{Fields, Kind, TEXT},
    retry::{self, RetryForm},
};
use crate::CaseValue;

/// A case and the queues that its results go to. No queues: results of the case end here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Route {
    /// What the function returns beside an id.
    pub case: CaseValue,
    /// The queues that get the id, each once.
    pub queues: Vec<String>,
}

/// What the sys-map answers for `GET /{service}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ServiceAnswer {
    /// The queue that the service reads.
    #[serde(rename = "in")]
    pub inbound: String,
    /// Where its results go.
    pub out: Vec<Route>,
    /// How many messages the service works on at once; the annotation's word when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replicas: Option<u32>,
    /// How many unsettled messages the broker may hand out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefetch: Option<u16>,
    /// `classic` or `quorum`, for a queue that does not exist yet.
    #[serde(rename = "queue-type", skip_serializing_if = "Option::is_none")]
    pub queue_type: Option<String>,
    /// How often a failed message is tried again; the annotation's word when absent. What the map
    /// leaves out of it has its default.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "written")]
    pub retry: Option<Retry>,
}

#[expect(
    clippy::ref_option,
    reason = "serde calls it with a reference to the field"
)]
fn written<S: serde::Serializer>(retry: &Option<Retry>, serializer: S) -> Result<S::Ok, S::Error> {
    retry.as_ref().map(RetryForm::from).serialize(serializer)
}

/// A sys-map answer that does not say what a service needs. Values are not repeated: one of them may
/// be a secret that is not where it belongs.
#[derive(Debug, Error)]
pub enum AnswerError {
    /// Not JSON.
    #[error("the answer is not JSON: {0}")]
    NotJson(#[from] serde_json::Error),
    /// HTML: a proxy's word, or another server's.
    #[error("the answer is a web page and not JSON; is this address a sys-map's?")]
    WebPage,
    /// JSON, and not an object.
    #[error("the answer is not a JSON object")]
    NotAnObject,
    /// A field of another type.
    #[error("the field `{field}` must be {expected}")]
    WrongType {
        /// The field, with its place.
        field: String,
        /// What it must be.
        expected: &'static str,
    },
    /// A list that must hold exactly one value holds another number.
    #[error("the field `{field}` must be a list of exactly one value, and has {found}")]
    NotSingle {
        /// The field's name.
        field: String,
        /// How many values it has.
        found: usize,
    },
    /// A field that must be there is not.
    #[error("the field `{field}` is missing")]
    Missing {
        /// The field, with its place.
        field: String,
    },
    /// A secret reference that is none.
    #[error("the field `{field}`: {source}")]
    Secret {
        /// The field's name.
        field: String,
        /// What is wrong with it.
        source: crate::SecretReferenceError,
    },
}

impl ServiceAnswer {
    /// Reads the body of `GET /{service}`.
    ///
    /// # Errors
    ///
    /// [`AnswerError`] names the field that is missing or of another type. Unknown fields are passed
    /// over, as the predecessor's services do.
    pub fn from_json(body: &str) -> Result<Self, AnswerError> {
        let fields = Fields::of_body(body)?;
        let out = fields.objects("out")?;
        Ok(Self {
            inbound: fields.required("in", TEXT)?,
            out: out.iter().map(Route::read).collect::<Result<_, _>>()?,
            replicas: fields.optional("replicas", REPLICAS)?,
            prefetch: fields.optional("prefetch", PREFETCH)?,
            queue_type: fields.optional("queue-type", TEXT)?,
            retry: fields
                .object("retry")?
                .map(|fields| retry::read(&fields))
                .transpose()?,
        })
    }
}

impl Route {
    fn read(fields: &Fields) -> Result<Self, AnswerError> {
        Ok(Self {
            case: fields.required("case", CASE)?,
            queues: fields.required("queues", QUEUES)?,
        })
    }
}

const CASE: &Kind<CaseValue> = &Kind {
    name: "a boolean, an integer or a string",
    read: |value| CaseValue::deserialize(value).ok(),
};

const QUEUES: &Kind<Vec<String>> = &Kind {
    name: "a list of queue names",
    read: |value| value.as_array()?.iter().map(TEXT.read).collect(),
};

const REPLICAS: &Kind<u32> = &Kind {
    name: "a number of replicas, at least 1",
    read: |value| u32::try_from(value.as_u64()?).ok().filter(|it| *it > 0),
};

const PREFETCH: &Kind<u16> = &Kind {
    name: "a number of messages, 1 to 65535",
    read: |value| u16::try_from(value.as_u64()?).ok().filter(|it| *it > 0),
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys_map::{ObjectStorage, RabbitMq};

    #[test]
    fn a_service_answer_is_read_strictly() {
        let check = |body: &str, expected: &str| {
            let error = ServiceAnswer::from_json(body).unwrap_err();
            assert_eq!(error.to_string(), expected, "{body}");
        };
        check(
            "<!DOCTYPE html><title>Log in</title>",
            "the answer is a web page and not JSON; is this address a sys-map's?",
        );
        check("[]", "the answer is not a JSON object");
        check(
            "nope",
            "the answer is not JSON: expected ident at line 1 column 2",
        );
        check("{}", "the field `out` is missing");
        check(r#"{"out": []}"#, "the field `in` is missing");
        let wrong_in = "the field `in` must be a text that is not empty";
        check(r#"{"in": ["sniff"], "out": []}"#, wrong_in);
        check(r#"{"in": "", "out": []}"#, wrong_in);
        check(
            r#"{"in": "q", "out": {"text": ["words"]}}"#,
            "the field `out` must be a list",
        );
        check(
            r#"{"in": "q", "out": ["words"]}"#,
            "the field `out[0]` must be an object",
        );
        check(
            r#"{"in": "q", "out": [{"queues": []}]}"#,
            "the field `out[0].case` is missing",
        );
        check(
            r#"{"in": "q", "out": [{"case": 1.5, "queues": []}]}"#,
            "the field `out[0].case` must be a boolean, an integer or a string",
        );
        check(
            r#"{"in": "q", "out": [{"case": 1, "queues": "words"}]}"#,
            "the field `out[0].queues` must be a list of queue names",
        );
        check(
            r#"{"in": "q", "out": [], "replicas": 0}"#,
            "the field `replicas` must be a number of replicas, at least 1",
        );
    }

    #[test]
    fn a_retry_keeps_its_bounds() {
        let check = |retry: &str, expected: &str| {
            let body = format!(r#"{{"in": "q", "out": [], "retry": {retry}}}"#);
            let answer = ServiceAnswer::from_json(&body);
            let shown = match answer.map(|answer| serde_json::to_value(answer).unwrap()) {
                Ok(answer) => answer["retry"].to_string(),
                Err(error) => error.to_string(),
            };
            assert_eq!(shown, expected, "{retry}");
        };
        check(
            r#"{"max": 9, "initial": "90s", "factor": 1, "max_delay": "1h"}"#,
            r#"{"factor":1,"initial":"90s","max":9,"max_delay":"1h"}"#,
        );
        check(
            "{}",
            r#"{"factor":2,"initial":"1s","max":5,"max_delay":"5m"}"#,
        );
        check("5", "the field `retry` must be an object");
        let attempts = "the field `retry.max` must be a number of attempts, 1 to 1000";
        check(r#"{"max": 0}"#, attempts);
        check(r#"{"max": 1001}"#, attempts);
        check(r#"{"max": -1}"#, attempts);
        check(
            r#"{"factor": 0}"#,
            "the field `retry.factor` must be a whole number, 1 to 100",
        );
        let delay = |field| {
            format!(
                "the field `retry.{field}` must be a duration of at most seven days, as in \"5m\""
            )
        };
        check(r#"{"initial": "soon"}"#, &delay("initial"));
        check(r#"{"initial": 5}"#, &delay("initial"));
        check(r#"{"max_delay": "8d"}"#, &delay("max_delay"));
        let too_long = "the field `retry.initial` must be a duration no longer than `max_delay` \
                        (5m where the map does not say it)";
        check(r#"{"initial": "6m"}"#, too_long);
        check(r#"{"initial": "2s", "max_delay": "1s"}"#, too_long);
    }

    #[test]
    fn an_endpoint_has_one_value_of_each() {
        let check = |field: &str, value: &str, expected: &str| {
            let mut body = serde_json::json!({
                "host": ["h"], "port": [5672], "username": ["u"], "pass": ["entry"],
            });
            body[field] = serde_json::from_str(value).unwrap();
            let error = RabbitMq::from_json(&body.to_string()).unwrap_err();
            assert_eq!(error.to_string(), expected);
        };
        let single = |found| {
            format!("the field `host` must be a list of exactly one value, and has {found}")
        };
        check("host", "[]", &single(0));
        check("host", r#"["a", "b"]"#, &single(2));
        check("host", r#""h""#, "the field `host` must be a list");
        check(
            "port",
            r#"["5672"]"#,
            "the field `port[0]` must be a port, 1 to 65535",
        );
        check(
            "port",
            "[70000]",
            "the field `port[0]` must be a port, 1 to 65535",
        );
        check("tls", "[1]", "the field `tls[0]` must be true or false");
    }

    #[test]
    fn a_password_where_its_reference_belongs_is_not_repeated() {
        let check = |body: &str, expected: &str| {
            let error = ObjectStorage::from_json(body).unwrap_err();
            assert_eq!(error.to_string(), expected);
        };
        check(
            r#"{"host": ["h"], "pass:access-key": "hunter2"}"#,
            "the field `pass:access-key` must be a list",
        );
        check(
            r#"{"host": ["h"], "secret:access-key": ["hunter2"]}"#,
            "the field `secret:access-key`: not a secret reference: write `pass:ENTRY`, `env:NAME` \
             or `file:PATH`",
        );
    }
}
