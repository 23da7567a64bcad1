//! Handlers over HTTP, in a process of their own, as their clients meet them.

mod abuse;
mod bus;
mod certificates;
mod draining;
pub(crate) mod host;
mod observability;
mod requests;
