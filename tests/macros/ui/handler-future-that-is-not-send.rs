use slingshot_microservice::prelude::*;

#[handler]
async fn greet(name: String, bus: &Bus) -> Result<(), AnyError> {
    let name = std::rc::Rc::new(name);
    bus.dispatch("audit", name.as_str()).await?;
    Ok(())
}

fn main() {}
