use slingshot_microservice::prelude::*;

#[microservice(name = "sniff", crate = ::catapult)]
fn process(_request: u64) {}

fn main() {}
