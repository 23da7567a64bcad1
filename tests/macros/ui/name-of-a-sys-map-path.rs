use slingshot_microservice::prelude::*;

#[microservice(name = "rabbitmq")]
fn process(_request: u64) {}

fn main() {}
