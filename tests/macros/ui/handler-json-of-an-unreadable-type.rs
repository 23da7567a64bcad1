use slingshot_microservice::prelude::*;

struct Order;

#[handler]
fn greet(_order: Json<Order>) {}

fn main() {}
