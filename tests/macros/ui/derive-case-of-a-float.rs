use slingshot_microservice::prelude::*;

#[derive(Case)]
enum Kind {
    #[case(1.5)]
    Half,
}

fn main() {}
