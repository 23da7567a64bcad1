use slingshot_microservice::prelude::*;

#[microservice(name = "sniff", sys-map = "sys-map.example.com")]
fn process(_request: u64) {}

fn main() {}
