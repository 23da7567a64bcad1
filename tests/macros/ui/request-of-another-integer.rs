use slingshot_microservice::prelude::*;

#[microservice(name = "sniff")]
fn process(_request: i64) {}

fn main() {}
