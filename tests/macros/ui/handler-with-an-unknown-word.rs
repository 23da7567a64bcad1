use slingshot_microservice::prelude::*;

#[handler(replica = 5)]
fn greet(_name: String) {}

fn main() {}
