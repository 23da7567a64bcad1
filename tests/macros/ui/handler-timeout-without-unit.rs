use slingshot_microservice::prelude::*;

#[handler(timeout = "30")]
fn greet(_name: String) {}

fn main() {}
