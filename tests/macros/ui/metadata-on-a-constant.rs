use slingshot_microservice::prelude::*;

#[metadata]
const FACTS: u8 = 1;

fn main() {}
