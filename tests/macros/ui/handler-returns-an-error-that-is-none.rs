use slingshot_microservice::prelude::*;

struct Wrong;

#[handler]
fn greet(_name: String) -> Result<String, Wrong> {
    Err(Wrong)
}

fn main() {}
