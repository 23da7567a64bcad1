use slingshot_microservice::prelude::*;

#[derive(Case)]
enum Kind {
    #[case("text")]
    Text,
    #[case(1)]
    Image,
}

fn main() {}
