//! Handlers over HTTP, in a process of their own, as their clients meet them.

mod abuse;
mod bus;
mod certificates;
mod draining;
mod host;
mod requests;
