use slingshot_microservice::prelude::*;

struct Sniff;

impl Sniff {
    #[microservice(name = "sniff")]
    fn process(&self, _request: u64) {}
}

fn main() {}
