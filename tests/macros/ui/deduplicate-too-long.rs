use slingshot_microservice::prelude::*;

#[microservice(name = "sniff", deduplicate(keep = "4000d"))]
fn process(_request: u64) {}

fn main() {}
