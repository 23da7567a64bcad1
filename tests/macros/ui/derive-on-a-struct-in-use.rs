use slingshot_microservice::prelude::*;

#[derive(Case)]
struct Kind;

#[microservice(name = "sniff")]
fn process(request: u64) -> (u64, Kind) {
    (request, Kind)
}

fn main() {}
