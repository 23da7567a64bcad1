use slingshot_microservice::prelude::*;

#[microservice(name = "sniff")]
fn process(request: u64) -> (bool, u64) {
    (true, request)
}

fn main() {}
