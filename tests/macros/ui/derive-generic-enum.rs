use slingshot_microservice::prelude::*;

#[derive(Case)]
enum Kind<const N: usize> {
    Text,
}

fn main() {}
