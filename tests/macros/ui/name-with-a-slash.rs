use slingshot_microservice::prelude::*;

#[microservice(name = "a/b")]
fn process(_request: u64) {}

fn main() {}
