use slingshot_microservice::prelude::*;

struct Report;

#[microservice(name = "sniff")]
async fn process(_request: u64) -> Result<Report, AnyError> {
    Ok(Report)
}

fn main() {}
