use slingshot_microservice::prelude::*;

#[microservice(name = "sniff", deduplicate("30d"))]
fn process(_request: u64) {}

fn main() {}
