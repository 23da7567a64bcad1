use slingshot_microservice::prelude::*;

#[derive(Case)]
enum Kind {
    #[case = "text"]
    Text,
}

fn main() {}
