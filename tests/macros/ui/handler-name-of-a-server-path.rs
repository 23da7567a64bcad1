use slingshot_microservice::prelude::*;

#[handler]
fn shutdown(_name: String) {}

fn main() {}
