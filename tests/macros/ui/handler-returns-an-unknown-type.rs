use slingshot_microservice::prelude::*;

struct Report;

#[handler]
fn greet(_name: String) -> Report {
    Report
}

fn main() {}
