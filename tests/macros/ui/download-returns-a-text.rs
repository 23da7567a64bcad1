use slingshot_microservice::prelude::*;

#[download]
async fn give(_id: FileId) -> String {
    String::new()
}

fn main() {}
