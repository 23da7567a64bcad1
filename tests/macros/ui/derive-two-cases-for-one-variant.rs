use slingshot_microservice::prelude::*;

#[derive(Case)]
enum Kind {
    #[case("a")]
    #[case("b")]
    Text,
}

fn main() {}
