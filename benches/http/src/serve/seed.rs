//! `manager_handlers`.

use std::sync::Arc;

use async_trait::async_trait;
use manager_handlers::{
    manager::{Base, Manager, SharedState},
    multibus::MultiBus,
};

type Ended = Result<String, Box<dyn std::error::Error + Send + Sync>>;

struct Echo;

#[async_trait]
impl Base for Echo {
    async fn run(&self, _: String, data: String, _: Arc<MultiBus>, _: Arc<SharedState>) -> Ended {
        Ok(data)
    }

    fn new() -> Self {
        Self
    }
}

struct Relay;

#[async_trait]
impl Base for Relay {
    async fn run(
        &self,
        _: String,
        data: String,
        line: Arc<MultiBus>,
        _: Arc<SharedState>,
    ) -> Ended {
        let (from, to) = ("relay".to_owned(), "echo".to_owned());
        Ok(self.publish(data, from, to, line).await)
    }

    fn new() -> Self {
        Self
    }
}

pub(super) fn serve() -> anyhow::Result<()> {
    actix_web::rt::System::new().block_on(async move {
        let mut manager = Manager::new_default();
        // Without one it still asks for the header.
        manager.with_api_key("key".to_owned());
        manager.with_max_requests(1_000);
        manager.add_handler::<Echo>("echo", 300);
        manager.add_handler::<Relay>("relay", 300);
        manager.start().await;
        Ok(())
    })
}
