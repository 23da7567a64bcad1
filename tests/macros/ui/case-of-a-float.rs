use slingshot_microservice::prelude::*;

#[microservice(name = "sniff")]
fn process(request: u64) -> Result<Vec<(u64, f64)>, AnyError> {
    Ok(vec![(request, 0.5)])
}

fn main() {}
