use slingshot_microservice::prelude::*;

#[microservice(name = "sniff", retry(max_delay = 300))]
fn process(_request: u64) {}

fn main() {}
