use slingshot_microservice::prelude::*;

#[microservice(name = "sniff")]
fn process(_read_file: ReadFileFn) {}

fn main() {}
