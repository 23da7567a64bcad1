use slingshot_microservice::prelude::*;

#[upload(name = "keep")]
async fn keep() {}

fn main() {}
