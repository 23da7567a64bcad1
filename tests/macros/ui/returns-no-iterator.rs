use slingshot_microservice::prelude::*;

#[microservice(name = "sniff")]
fn process(request: u64) -> impl std::fmt::Display {
    request
}

fn main() {}
