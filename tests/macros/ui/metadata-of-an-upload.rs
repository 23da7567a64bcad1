use slingshot_microservice::prelude::*;

#[metadata]
async fn tell(_upload: Upload) {}

fn main() {}
