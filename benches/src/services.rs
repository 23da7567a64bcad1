//! The contestant made of Slingshot services.

use slingshot::prelude::*;

#[microservice(name = "first", replicas = 8, prefetch = 64)]
fn first(request: u64) -> (u64, bool) {
    (request, true)
}

#[microservice(name = "second", replicas = 8, prefetch = 64)]
fn second(request: u64) -> (u64, bool) {
    (request, true)
}

/// The system that both are in.
pub(crate) const SYSTEM: &str = r#"
[services.first]
in = "bench.in"
out = [{ case = true, queues = ["bench.middle"] }]

[services.second]
in = "bench.middle"
out = [{ case = true, queues = ["bench.out"] }]
"#;
