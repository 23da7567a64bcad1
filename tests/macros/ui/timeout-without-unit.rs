use slingshot_microservice::prelude::*;

#[microservice(name = "sniff", timeout = "25")]
fn process(_request: u64) {}

fn main() {}
