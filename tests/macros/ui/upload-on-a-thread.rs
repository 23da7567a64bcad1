use slingshot_microservice::prelude::*;

#[upload]
fn keep() {}

fn main() {}
