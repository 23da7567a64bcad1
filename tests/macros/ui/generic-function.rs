use slingshot_microservice::prelude::*;

#[microservice(name = "sniff")]
fn process<T: Into<u64>>(_request: u64) -> Option<(u64, T)> {
    None
}

fn main() {}
