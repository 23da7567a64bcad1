//! `GET /`: what there is to ask for. Ours alone: a predecessor's server has no such answer, and its services do not
//! ask for it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What a sys-map can be asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// The services, each with the keys of its buckets.
    pub services: BTreeMap<String, Vec<String>>,
    /// What feeds and drains the system from outside, if the map says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topology: Option<ListedBoundary>,
}

/// The queues at a system's boundary.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedBoundary {
    /// Those that are fed from outside.
    pub sources: Vec<String>,
    /// Those that are drained from outside.
    pub sinks: Vec<String>,
}

impl Listing {
    /// Reads the body of `GET /`; none if it is something else, as another server's may be.
    pub fn from_json(body: &str) -> Option<Self> {
        serde_json::from_str(body).ok()
    }
}
