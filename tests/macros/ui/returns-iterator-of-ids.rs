use slingshot_microservice::prelude::*;

#[microservice(name = "sniff")]
fn process(request: u64) -> impl Iterator<Item = u64> {
    std::iter::once(request)
}

fn main() {}
