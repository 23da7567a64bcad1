use slingshot_microservice::prelude::*;

#[microservice(name = "sniff")]
fn process(_connection: &mut AsyncPgConnection) {}

fn main() {}
