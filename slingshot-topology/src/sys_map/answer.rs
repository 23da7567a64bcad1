//! `GET /{service}`: a service's own queue and its routes.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::CaseValue;

/// A case and the queues that its results go to. No queues: results of the case end here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// What the function returns beside an id.
    pub case: CaseValue,
    /// The queues that get the id, each once.
    pub queues: Vec<String>,
}

/// What the sys-map answers for `GET /{service}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceAnswer {
    /// The queue that the service reads.
    #[serde(rename = "in")]
    pub inbound: String,
    /// Where its results go.
    pub out: Vec<Route>,
    /// How many messages the service works on at once; the annotation's word when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replicas: Option<u32>,
    /// How many unsettled messages the broker may hand out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefetch: Option<u16>,
    /// `classic` or `quorum`, for a queue that does not exist yet.
    #[serde(
        default,
        rename = "queue-type",
        skip_serializing_if = "Option::is_none"
    )]
    pub queue_type: Option<String>,
}

/// A sys-map answer that does not say what a service needs.
#[derive(Debug, Error)]
pub enum AnswerError {
    /// Not JSON, or not of the shape that the path promises.
    #[error("the answer is not what the sys-map format promises: {0}")]
    Malformed(#[from] serde_json::Error),
    /// A list that must hold exactly one value holds another number.
    #[error("the field `{field}` must be a list of exactly one value, and has {found}")]
    NotSingle {
        /// The field's name.
        field: &'static str,
        /// How many values it has.
        found: usize,
    },
    /// A field that must be there is not.
    #[error("the field `{field}` is missing")]
    Missing {
        /// The field's name.
        field: &'static str,
    },
    /// A secret reference that is none.
    #[error("the field `{field}`: {source}")]
    Secret {
        /// The field's name.
        field: &'static str,
        /// What is wrong with it.
        source: crate::SecretReferenceError,
    },
}

impl ServiceAnswer {
    /// Reads the body of `GET /{service}`.
    ///
    /// # Errors
    ///
    /// [`AnswerError::Malformed`] when it is not JSON or lacks `in` or `out`. Unknown fields are
    /// passed over, as the predecessor's services do.
    pub fn from_json(body: &str) -> Result<Self, AnswerError> {
        Ok(serde_json::from_str(body)?)
    }
}
