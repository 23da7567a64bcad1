use slingshot_microservice::prelude::*;

#[derive(Case)]
enum Kind {
    Text,
    Other(String),
}

fn main() {}
