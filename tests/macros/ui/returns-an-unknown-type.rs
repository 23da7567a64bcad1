use slingshot_microservice::prelude::*;

struct Report;

#[microservice(name = "sniff")]
fn process(_request: u64) -> Report {
    Report
}

fn main() {}
