use slingshot_microservice::prelude::*;

#[microservice(name = "sniff", timeout = "0s")]
fn process(_request: u64) {}

fn main() {}
