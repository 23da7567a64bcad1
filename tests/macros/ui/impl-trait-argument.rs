use slingshot_microservice::prelude::*;

#[microservice(name = "sniff")]
fn process(_request: impl Into<u64>) {}

fn main() {}
