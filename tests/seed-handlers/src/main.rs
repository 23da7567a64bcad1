//! What the README shows, with the one type that it leaves to the reader.

use async_trait::async_trait;
use futures::future::{BoxFuture, FutureExt};
use manager_handlers::manager::{Base, SharedState, StateType};
use manager_handlers::multibus::MultiBus;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;

pub struct MyHandler;

#[async_trait]
impl Base for MyHandler {
    async fn run(
        &self,
        src: String,
        data: String,
        communication_line: Arc<MultiBus>,
        shared_state: Arc<SharedState>,
    ) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
        // Process the incoming data
        println!("Received data: {}", data);

        // Example: Publishing a message and awaiting response
        let response = self
            .publish(
                data.clone(),
                "my_handler".to_string(),
                "other_handler".to_string(),
                communication_line.clone(),
            )
            .await?;

        // Example: Fire-and-forget dispatch
        self.dispatch(
            "notification data".to_string(),
            "notification_handler".to_string(),
            communication_line.clone(),
        )
        .await?;

        // Example: Store a value in shared state
        shared_state
            .insert(&"counter".to_string(), StateType::Int(42))
            .await;

        // Example: Store a synchronous function
        let shared_function: Arc<dyn Fn(String) -> String + Sync + Send> =
            Arc::new(|input: String| -> String {
                println!("Hello, {}!", input);
                input + " pesto"
            });
        shared_state
            .insert(
                &"sync_func".to_string(),
                StateType::FunctionSync(shared_function),
            )
            .await;

        // Example: Store an asynchronous function
        let shared_async_function: Arc<dyn Fn(String) -> BoxFuture<'static, String> + Send + Sync> =
            Arc::new(|input: String| {
                async move {
                    println!("Got in the async function");
                    sleep(Duration::from_secs(5)).await;
                    "Done".to_string()
                }
                .boxed()
            });
        shared_state
            .insert(
                &"async_func".to_string(),
                StateType::FunctionAsync(shared_async_function),
            )
            .await;

        Ok(format!("Processed data with response: {}", response))
    }

    fn new() -> Self {
        MyHandler {}
    }
}

pub struct OtherHandler;

#[async_trait]
impl Base for OtherHandler {
    fn new() -> Self {
        OtherHandler {}
    }
}

use manager_handlers::manager::Manager;
use std::collections::HashMap;

#[tokio::main]
async fn main() {
    // Create a new Manager instance
    let mut manager = Manager::new_default();

    // Optional: Configure TLS
    manager.with_tls(
        "path/to/cert.pem",
        "path/to/key.pem",
        Some("path/to/ca.pem"),
    );

    // Optional: Set allowed client certificate names if using client cert auth
    manager.with_allowed_names(vec!["client1".to_string(), "client2".to_string()]);

    // Optional: Set API key for authentication
    manager.with_api_key("my-secret-api-key");

    // Optional: Configure maximum concurrent requests
    manager.with_max_requests(100);

    // Optional: Configure keep-alive timeout
    manager.with_keep_alive(30);

    // Register handlers with their replica counts
    manager.add_handler::<MyHandler>("my_handler", 5);
    manager.add_handler::<OtherHandler>("other_handler", 2);

    println!("Starting manager...");

    // Start the manager
    manager.start().await;
}

#[cfg(test)]
mod tests;
