use slingshot_microservice::prelude::*;

struct Report;

#[handler]
async fn greet(_name: String) -> Result<Report, AnyError> {
    Ok(Report)
}

fn main() {}
