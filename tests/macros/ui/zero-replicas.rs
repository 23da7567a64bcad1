use slingshot_microservice::prelude::*;

#[microservice(name = "sniff", replicas = 0)]
fn process(_request: u64) {}

fn main() {}
