use slingshot_microservice::prelude::*;

#[microservice(name = "sniff" replicas = 4)]
fn process(_request: u64) {}

fn main() {}
