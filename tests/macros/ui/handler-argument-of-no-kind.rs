use slingshot_microservice::prelude::*;

#[handler]
fn greet(_name: u64) {}

fn main() {}
