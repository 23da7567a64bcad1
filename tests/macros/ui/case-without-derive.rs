use slingshot_microservice::prelude::*;

enum Kind {
    Text,
}

#[microservice(name = "sniff")]
fn process(request: u64) -> (u64, Kind) {
    (request, Kind::Text)
}

fn main() {}
