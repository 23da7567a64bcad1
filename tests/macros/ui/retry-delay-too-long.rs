use slingshot_microservice::prelude::*;

#[microservice(name = "sniff", retry(max_delay = "30d"))]
fn process(_request: u64) {}

fn main() {}
