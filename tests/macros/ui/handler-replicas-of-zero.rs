use slingshot_microservice::prelude::*;

#[handler(replicas = 0)]
fn greet(_name: String) {}

fn main() {}
