use slingshot_microservice::prelude::*;

#[derive(Case)]
enum Kind {
    #[case]
    Text,
}

fn main() {}
