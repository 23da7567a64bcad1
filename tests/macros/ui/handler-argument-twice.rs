use slingshot_microservice::prelude::*;

#[handler]
fn greet(_name: String, _other: String) {}

fn main() {}
