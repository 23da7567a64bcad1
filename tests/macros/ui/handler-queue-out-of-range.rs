use slingshot_microservice::prelude::*;

#[handler(queue = 5_000_000)]
fn greet(_name: String) {}

fn main() {}
