use slingshot_microservice::prelude::*;

#[handler]
struct Greet;

fn main() {}
