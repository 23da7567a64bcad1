//! Tests that need more than one crate, or a real service: run them through `scripts/with-services`.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, helpers outside `#[test]` too"
)]

mod architecture;
mod brokers;
mod ci;
mod clone;
mod conformance;
mod database;
mod dead_letters;
mod deduplicate;
mod definitions;
mod described;
mod documents;
mod durability;
mod environment;
mod handlers;
mod handlers_bus;
mod handlers_files;
mod hostile;
mod inbox;
mod objects;
mod python_projects;
mod readme;
mod rebuilt;
mod scale_out;
mod secrets;
mod services;
mod stage;
mod sys_map;
mod templates;
mod throughput;
