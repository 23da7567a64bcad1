use slingshot_microservice::prelude::*;

#[microservice(name = "sniff")]
async fn process(_request: u64) {
    let count = std::rc::Rc::new(1);
    std::future::ready(()).await;
    drop(count);
}

fn main() {}
