use slingshot_microservice::prelude::*;

#[microservice(name = "sniff")]
fn process(request: u64) -> Option<impl Iterator<Item = (u64, bool)>> {
    Some(std::iter::once((request, true)))
}

fn main() {}
