use slingshot_microservice::prelude::*;

#[derive(Case)]
enum Kind {}

fn main() {}
