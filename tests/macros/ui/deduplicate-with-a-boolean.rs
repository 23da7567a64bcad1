use slingshot_microservice::prelude::*;

#[microservice(name = "sniff", deduplicate = true)]
fn process(_request: u64) {}

fn main() {}
