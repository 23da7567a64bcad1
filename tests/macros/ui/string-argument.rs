use slingshot_microservice::prelude::*;

#[microservice(name = "sniff")]
fn process(_request: String) {}

fn main() {}
