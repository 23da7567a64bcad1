use slingshot_microservice::prelude::*;

#[microservice(name = "sniff", retry(factor = 0))]
fn process(_request: u64) {}

fn main() {}
