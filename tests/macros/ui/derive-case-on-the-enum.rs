use slingshot_microservice::prelude::*;

#[derive(Case)]
#[case("text")]
enum Kind {
    Text,
}

fn main() {}
