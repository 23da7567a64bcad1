use slingshot_microservice::prelude::*;

#[microservice(name = "sniff", retry(maximum = 5))]
fn process(_request: u64) {}

fn main() {}
