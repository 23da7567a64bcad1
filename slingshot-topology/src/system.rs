//! The system that a `slingshot.toml` or a sys-map declares, with the place of everything in it.
//!
//! Reading has two steps: the text becomes a tree of keys and values as declared, and the tree is
//! checked into a [`System`], whose fields mean what their types say. What could not be
//! understood is reported and left out, and [`System::complete`] says so.

mod answer;
mod date;
mod http;
mod places;
mod policy;
pub(crate) mod rate;
pub(crate) mod read;
#[cfg(test)]
pub(crate) mod tests;

pub use self::{
    answer::Answer,
    date::Date,
    http::{Bus, Http, HttpTls},
    places::Places,
    policy::{DeniedEdge, Group, Ignore, Level, RequiredHop, RuleLevel},
    rate::Rate,
    read::{
        SavedAnswer, is_sys_map, read_answers, read_definitions, read_json, read_manifest,
        read_tests, read_toml,
    },
};

use std::time::Duration;

use slingshot_settings::Retry;

use crate::{
    CaseValue,
    source::{Span, Spanned},
    sys_map::{Database, ObjectStorage, RabbitMq},
};

/// A whole system: its services, its boundary, and its engines.
#[derive(Clone, Debug, Default)]
pub struct System {
    /// What the system is called.
    pub name: Option<Spanned<String>>,
    /// Whether `sources` and `sinks` are all there is.
    pub boundary: Boundary,
    /// Queues that are fed from outside.
    pub sources: Vec<Spanned<String>>,
    /// Queues that are drained from outside.
    pub sinks: Vec<Spanned<String>>,
    /// Buckets that something outside of the system writes to or reads from too. `None` where the file does
    /// not say: that a bucket has no writer then proves nothing.
    pub external_buckets: Option<Vec<Spanned<String>>>,
    /// Paths of the manifests of services whose sources are elsewhere; `*` stands for any part of a name.
    pub manifests: Vec<Spanned<String>>,
    /// Services, queues and cases that went on purpose.
    pub retired: Vec<Spanned<String>>,
    /// The edges that may not be.
    pub denied: Vec<DeniedEdge>,
    /// The services that no way may go round.
    pub required: Vec<RequiredHop>,
    /// How fast queues are fed from outside.
    pub rates: Vec<Rate>,
    /// How bad the findings of some rules are here.
    pub levels: Vec<RuleLevel>,
    /// The findings that are accepted.
    pub ignores: Vec<Ignore>,
    /// The services, in the order of the file.
    pub services: Vec<Service>,
    /// The broker; `None` lets `slingshot run` supply one.
    pub rabbitmq: Option<RabbitMq>,
    /// The database; `None` lets `slingshot run` supply one.
    pub database: Option<Database>,
    /// How many connections the database takes.
    pub max_connections: Option<Spanned<u32>>,
    /// The object store; `None` lets `slingshot run` supply one.
    pub object_storage: Option<ObjectStorage>,
    /// How handlers are reached; `None` where the file does not say, or says it wrongly.
    pub http: Option<Http>,
    /// The Python script that holds the handlers, as `[http]` names it.
    pub handler_script: Option<Spanned<String>>,
    /// Where `[topology]` says what it says.
    pub topology_at: Places,
    /// Where the broker's fields are.
    pub rabbitmq_at: Places,
    /// Where the database's fields are.
    pub database_at: Places,
    /// Where the object store's fields are.
    pub object_storage_at: Places,
    /// The file's first byte.
    pub start: Option<Span>,
    /// Where the file names its services, if it does.
    pub services_at: Option<Span>,
    /// Whether everything in the file was understood. A missing queue or service proves nothing
    /// when it is not.
    pub complete: bool,
}

/// Whether a system says where its graph begins and ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Boundary {
    /// It does not: a sys-map holds routes, not what feeds them from outside.
    #[default]
    Unknown,
    /// `sources` and `sinks` are complete.
    Declared,
}

/// What a service or a queue is called. A short one takes no memory of its own, and a large map has millions.
pub type Name = compact_str::CompactString;

/// One service: its queue, its routes, its buckets.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_field_names,
    reason = "the service time is queueing theory's own word"
)]
pub struct Service {
    /// The name under which its code asks the sys-map.
    pub name: Spanned<Name>,
    /// The queue that it reads.
    pub inbound: Spanned<Name>,
    /// Where its results go, by case.
    pub routes: Vec<Route>,
    /// Where the list of routes is.
    pub routes_at: Span,
    /// The real buckets behind the keys in its code.
    pub buckets: Vec<Bucket>,
    /// How many messages it works on at once; the annotation's word when absent.
    pub replicas: Option<u32>,
    /// How many unsettled messages the broker may hand out.
    pub prefetch: Option<u16>,
    /// The kind of queue to declare.
    pub queue_type: Option<QueueType>,
    /// How often a failed message is tried again; the annotation's word when absent.
    pub retry: Option<Retry>,
    /// Words to select services by.
    pub tags: Vec<Spanned<String>>,
    /// The script that holds it, where it is Python's, from the directory of the file on.
    pub python: Option<Spanned<String>>,
    /// Whether its code is elsewhere, and not to be looked for here.
    pub is_external: bool,
    /// Where it runs: `dev`, `prod`. Services of two environments do not feed each other.
    pub environment: Option<Spanned<String>>,
    /// Services of one group share a queue on purpose.
    pub group: Option<Spanned<String>>,
    /// How long one message takes, on average.
    pub service_time: Option<Spanned<Duration>>,
    /// Whether the order of its messages matters.
    pub is_ordered: bool,
    /// Whether a message may come twice without harm.
    pub is_idempotent: bool,
    /// How often a message may pass it at most.
    pub hop_limit: Option<Spanned<u32>>,
    /// Where its numbers are.
    pub places: Places,
}

/// A case and the queues that its results go to. No queues: they end here, on purpose.
#[derive(Clone, Debug)]
pub struct Route {
    /// What the function returns beside an id.
    pub case: Spanned<CaseValue>,
    /// The queues that get the id.
    pub queues: Vec<Spanned<Name>>,
    /// How many results of this case a message gives on average. Where no route says it, each message gives
    /// one result, of any case alike.
    pub share: Option<Spanned<f64>>,
    /// The whole route.
    pub span: Span,
}

/// A key in the code and the bucket that it stands for.
#[derive(Clone, Debug)]
pub struct Bucket {
    /// What the code says.
    pub key: Spanned<String>,
    /// The bucket's name in the object store.
    pub name: Spanned<String>,
}

/// RabbitMQ's kinds of work queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueueType {
    /// One node keeps it.
    Classic,
    /// Several nodes keep it.
    Quorum,
}

impl QueueType {
    /// The word of `x-queue-type`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Classic => "classic",
            Self::Quorum => "quorum",
        }
    }
}

impl System {
    /// The bucket that handlers of files keep theirs in.
    pub(crate) fn files(&self) -> Option<&String> {
        self.http.as_ref()?.files.as_ref()
    }

    /// The service of a name.
    pub fn service(&self, name: &str) -> Option<&Service> {
        self.services
            .iter()
            .find(|service| service.name.value == name)
    }
}

impl Service {
    /// Where a field's value was written, else where the service is named.
    pub(crate) fn place(&self, field: &str) -> &Span {
        self.places.field(field).unwrap_or(&self.name.span)
    }

    /// The real bucket behind a key.
    pub fn bucket(&self, key: &str) -> Option<&str> {
        let bucket = self.buckets.iter().find(|bucket| bucket.key.value == key)?;
        Some(&bucket.name.value)
    }
}
