use slingshot_microservice::prelude::*;

#[handler(name = "v1.greet")]
fn greet(_name: String) {}

fn main() {}
