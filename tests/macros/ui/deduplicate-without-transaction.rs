use slingshot_microservice::prelude::*;

#[microservice(name = "sniff", deduplicate, transaction = false)]
fn process(_request: u64) {}

fn main() {}
