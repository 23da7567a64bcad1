use slingshot_microservice::prelude::*;

#[microservice(name = "sniff", startup = first)]
fn process(_request: u64) {}

fn main() {}
