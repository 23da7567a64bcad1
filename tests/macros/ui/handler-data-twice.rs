use slingshot_microservice::prelude::*;

#[handler]
async fn greet(_name: String, _bytes: &str) {}

fn main() {}
