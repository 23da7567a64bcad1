use slingshot_microservice::prelude::*;

#[handler]
fn greet(_name: str) {}

fn main() {}
