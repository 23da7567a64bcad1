//! The command line as a user meets it: transcripts, and processes that really run and die.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, helpers outside `#[test]` too"
)]

#[path = "it/changes.rs"]
mod changes;
#[path = "it/commands.rs"]
mod commands;
#[path = "it/describe.rs"]
mod describe;
#[path = "it/doctor.rs"]
mod doctor;
#[path = "it/edges.rs"]
mod edges;
#[path = "it/fetch.rs"]
mod fetch;
#[path = "it/handlers.rs"]
mod handlers;
#[path = "it/inputs.rs"]
mod inputs;
#[path = "it/lsp.rs"]
mod lsp;
#[path = "it/mistakes.rs"]
mod mistakes;
#[path = "it/project.rs"]
mod project;
#[path = "it/python.rs"]
mod python;
#[path = "it/rebuild.rs"]
mod rebuild;
#[path = "it/route_tests.rs"]
mod route_tests;
#[path = "it/supervision.rs"]
mod supervision;
#[path = "it/topology.rs"]
mod topology;
#[path = "it/transcript.rs"]
mod transcript;
#[path = "it/unready.rs"]
mod unready;
#[path = "it/unseen.rs"]
mod unseen;
#[path = "it/watch.rs"]
mod watch;
#[path = "it/written.rs"]
mod written;
