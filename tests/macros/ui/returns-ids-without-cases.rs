use slingshot_microservice::prelude::*;

#[microservice(name = "sniff")]
fn process(request: u64) -> Vec<u64> {
    vec![request]
}

fn main() {}
