use slingshot_microservice::prelude::*;

#[microservice(name = "sniff")]
async fn process(_connection: &mut PgConnection) {}

fn main() {}
