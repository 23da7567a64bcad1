use slingshot_microservice::prelude::*;

#[microservice(name = "sniff", prefetch = 70000)]
fn process(_request: u64) {}

fn main() {}
