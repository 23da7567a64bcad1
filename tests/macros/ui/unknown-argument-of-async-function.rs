use slingshot_microservice::prelude::*;

struct Config;

#[microservice(name = "sniff")]
async fn process(_request: u64, _config: Config) {}

fn main() {}
