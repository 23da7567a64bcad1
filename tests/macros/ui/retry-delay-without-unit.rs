use slingshot_microservice::prelude::*;

#[microservice(name = "sniff", retry(initial = "1"))]
fn process(_request: u64) {}

fn main() {}
