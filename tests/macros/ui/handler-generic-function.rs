use slingshot_microservice::prelude::*;

#[handler]
fn greet<T>(_name: String) -> Vec<T> {
    Vec::new()
}

fn main() {}
