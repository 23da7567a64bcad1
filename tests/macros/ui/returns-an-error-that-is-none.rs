use slingshot_microservice::prelude::*;

struct Mistake;

#[microservice(name = "sniff")]
fn process(request: u64) -> Result<(u64, bool), Mistake> {
    Ok((request, true))
}

fn main() {}
