use slingshot_microservice::prelude::*;

#[microservice(name = "sniff", reads = "in")]
fn process(_request: u64) {}

fn main() {}
