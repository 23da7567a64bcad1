use slingshot_microservice::prelude::*;

#[microservice(name = "sniff", startup = first)]
fn process(_request: u64) {}

async fn first() {
    let count = std::rc::Rc::new(1);
    std::future::ready(()).await;
    drop(count);
}

fn main() {}
