use slingshot_microservice::prelude::*;

struct SharedState;

#[microservice(name = "sniff")]
fn process(_state: &SharedState) {}

fn main() {}
