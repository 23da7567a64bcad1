//! Two handlers: `greet` asks `titles` how to address somebody, and counts whom it has greeted.

use std::process::ExitCode;

use slingshot::prelude::*;

/// `POST /greet` with a name.
#[handler(replicas = 8, timeout = "10s")]
async fn greet(name: String, bus: &Bus, state: &SharedState) -> Result<String, AnyError> {
    let titled: String = bus.publish("titles", &name).await?.into();
    let greeted = state.update("greeted", |count: u64| count + 1).await?;
    Ok(greeting(&titled, greeted))
}

/// `POST /titles` with a name, and what `greet` asks over the bus. It is not `async`: it has a thread of
/// its own, and may take its time.
#[handler(replicas = 2)]
fn titles(name: String) -> String {
    match name.trim() {
        "" => "stranger".to_owned(),
        name if name.contains(' ') => name.to_owned(),
        name => format!("dear {name}"),
    }
}

fn greeting(titled: &str, greeted: u64) -> String {
    format!("Hello, {titled}. You are number {greeted}.")
}

fn main() -> ExitCode {
    slingshot::run()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handler_is_a_function_like_any_other() {
        assert_eq!(titles("Ada".to_owned()), "dear Ada");
        assert_eq!(titles("Ada Lovelace".to_owned()), "Ada Lovelace");
        assert_eq!(titles(" ".to_owned()), "stranger");
    }

    #[test]
    fn greetings_are_numbered() {
        assert_eq!(greeting("dear Ada", 7), "Hello, dear Ada. You are number 7.");
    }
}
