//! What an annotation leaves in the binary.

use std::{pin::Pin, time::Duration};

use serde::Serialize;
use slingshot_settings::Retry;
use slingshot_topology::CaseValue;

use crate::{
    argument::{Needs, Parts},
    function::Startup,
    returns::Outcome,
};

/// One annotated function. The macro submits it; [`run`](crate::run) finds it.
#[derive(Debug)]
pub struct Registration {
    /// The service's name.
    pub name: &'static str,
    /// The sys-map's host, if the annotation names it.
    pub sys_map: Option<&'static str>,
    /// The annotation's other words.
    pub settings: Settings,
    /// Where the function stands.
    pub source: SourceLocation,
    /// The bucket keys that the annotation says the function reads.
    pub reads: &'static [&'static str],
    /// The bucket keys that the annotation says the function writes.
    pub writes: &'static [&'static str],
    /// What its arguments need.
    pub needs: Needs,
    /// Its closed set of cases, from the return type.
    pub cases: fn() -> Option<&'static [CaseValue]>,
    /// The function.
    pub call: Call,
    /// What runs once before the service consumes.
    pub startup: Option<fn() -> Startup>,
}

inventory::collect!(Registration);

/// Where a function stands in the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceLocation {
    /// As `file!()` gives it.
    pub file: &'static str,
    /// From 1.
    pub line: u32,
    /// From 1.
    pub column: u32,
}

/// How to call the function.
#[derive(Clone, Copy, Debug)]
pub enum Call {
    /// On a thread of its own.
    Sync(for<'a> fn(Parts<'a>) -> Outcome),
    /// On the runtime.
    Async(for<'a> fn(Parts<'a>) -> OutcomeFuture<'a>),
}

/// The boxed future of an `async` function.
pub type OutcomeFuture<'a> = Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;

/// The words of an annotation that tune how the service runs. `None` leaves it to the sys-map, and
/// then to the default.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// How many messages the service works on at once. Default 1.
    pub replicas: Option<u32>,
    /// How many unsettled messages the broker may hand out. Default `replicas × 2`, at most 300.
    pub prefetch: Option<u16>,
    /// How long one call may take. Default 25 minutes.
    pub timeout: Option<Duration>,
    /// Whether the function's database work is one transaction, committed before anything is published.
    pub transaction: bool,
    /// What becomes of a result whose case the sys-map does not route.
    pub unrouted: Unrouted,
    /// How often a failed message is tried again. Default [`Retry::DEFAULT`].
    pub retry: Option<Retry>,
    /// Whether a redelivered message is kept from running the function twice, and how long a message that
    /// is done with is remembered for that.
    pub deduplicate: Option<Duration>,
}

impl Settings {
    /// An annotation without any of the words.
    pub const NONE: Self = Self {
        replicas: None,
        prefetch: None,
        timeout: None,
        transaction: true,
        unrouted: Unrouted::DeadLetter,
        retry: None,
        deduplicate: None,
    };
}

/// What becomes of a result whose case the sys-map does not route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unrouted {
    /// The message fails for good: nothing of it is published.
    DeadLetter,
    /// The result is dropped, with a warning.
    Drop,
}
