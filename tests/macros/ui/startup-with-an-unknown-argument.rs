use slingshot_microservice::prelude::*;

#[microservice(name = "sniff", startup = first)]
fn process(_request: u64) {}

fn first(_name: &str) {}

fn main() {}
