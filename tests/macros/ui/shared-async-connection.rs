use slingshot_microservice::prelude::*;

#[microservice(name = "sniff")]
async fn process(_connection: &AsyncPgConnection) {}

fn main() {}
