use slingshot_microservice::prelude::*;

#[microservice(name = "sniff")]
fn process(_first: u64, _second: u64) {}

fn main() {}
