use slingshot_microservice::prelude::*;

#[microservice("sniff")]
fn process(_request: u64) {}

fn main() {}
