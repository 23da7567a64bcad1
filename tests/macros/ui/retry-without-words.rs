use slingshot_microservice::prelude::*;

#[microservice(name = "sniff", retry)]
fn process(_request: u64) {}

fn main() {}
