use slingshot_microservice::prelude::*;

#[microservice(name = "sniff")]
pub struct Sniff;

fn main() {}
