use slingshot_microservice::prelude::*;

struct Source;

#[handler]
fn greet(_source: Source) {}

fn main() {}
