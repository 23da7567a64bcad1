use slingshot_microservice::prelude::*;

#[download]
async fn give(_id: String) {}

fn main() {}
