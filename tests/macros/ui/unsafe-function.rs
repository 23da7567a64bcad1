use slingshot_microservice::prelude::*;

#[microservice(name = "sniff")]
unsafe fn process(_request: u64) {}

fn main() {}
