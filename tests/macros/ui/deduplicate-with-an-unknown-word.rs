use slingshot_microservice::prelude::*;

#[microservice(name = "sniff", deduplicate(days = 30))]
fn process(_request: u64) {}

fn main() {}
