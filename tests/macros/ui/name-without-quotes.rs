use slingshot_microservice::prelude::*;

#[microservice(name = sniff)]
fn process(_request: u64) {}

fn main() {}
