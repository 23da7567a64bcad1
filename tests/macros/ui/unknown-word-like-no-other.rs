use slingshot_microservice::prelude::*;

#[microservice(name = "sniff", queue = "in")]
fn process(_request: u64) {}

fn main() {}
