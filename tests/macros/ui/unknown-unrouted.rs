use slingshot_microservice::prelude::*;

#[microservice(name = "sniff", unrouted = "keep")]
fn process(_request: u64) {}

fn main() {}
