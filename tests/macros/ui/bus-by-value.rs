use slingshot_microservice::prelude::*;

#[handler]
fn greet(_bus: Bus) {}

fn main() {}
