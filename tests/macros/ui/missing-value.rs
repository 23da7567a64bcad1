use slingshot_microservice::prelude::*;

#[microservice(name = "sniff", replicas =)]
fn process(_request: u64) {}

fn main() {}
