use slingshot_microservice::prelude::*;

#[microservice(name = "sniff", retry(max = 5, max = 6))]
fn process(_request: u64) {}

fn main() {}
