use slingshot_microservice::prelude::*;

#[derive(Case)]
struct Kind {
    _text: String,
}

fn main() {}
