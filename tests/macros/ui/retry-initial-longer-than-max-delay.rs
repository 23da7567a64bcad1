use slingshot_microservice::prelude::*;

#[microservice(name = "sniff", retry(initial = "10m"))]
fn process(_request: u64) {}

fn main() {}
