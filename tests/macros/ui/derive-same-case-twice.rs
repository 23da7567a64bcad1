use slingshot_microservice::prelude::*;

#[derive(Case)]
enum Kind {
    Text,
    #[case("text")]
    Words,
}

fn main() {}
