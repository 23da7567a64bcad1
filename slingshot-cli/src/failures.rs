//! Failures that several commands have in common.

use slingshot_topology::{System, did_you_mean};

use crate::exit::{Exit, Failure};

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// A name that `slingshot.toml` does not have.
pub(crate) fn unknown_service(name: &str, system: &System) -> Failure {
    let names: Vec<_> = system
        .services
        .iter()
        .map(|service| service.name.value.as_str())
        .collect();
    let meant = did_you_mean(name, names.iter().copied());
    let meant = meant.map_or_else(String::new, |meant| format!("did you mean `{meant}`? "));
    Failure::usage(format!("slingshot.toml has no service `{name}`"))
        .help(format!("{meant}its services are: {}", names.join(", ")))
}

pub(crate) fn no_broker() -> Failure {
    Failure::new(Exit::Bug, "the running system has no broker")
}

pub(crate) fn no_object_store() -> Failure {
    Failure::usage("no service of this system works with objects")
}

pub(crate) fn unreachable_broker(error: impl Into<Cause>) -> Failure {
    Failure::unreadable("cannot reach the broker").because(error)
}

pub(crate) fn unreachable_store(error: impl Into<Cause>) -> Failure {
    Failure::unreadable("cannot reach the object store").because(error)
}
