use slingshot_microservice::prelude::*;

struct Config;

#[microservice(name = "sniff")]
fn process(_request: u64, _config: &Config) {}

fn main() {}
