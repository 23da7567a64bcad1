//! Slingshot.

use slingshot::prelude::*;

#[handler(replicas = 300)]
async fn echo(data: String) -> String {
    data
}

#[handler(replicas = 300)]
async fn relay(data: String, bus: &Bus) -> Result<String, AnyError> {
    Ok(bus.publish("echo", data).await?.into())
}

#[upload(replicas = 8)]
async fn count(mut upload: Upload) -> Result<String, AnyError> {
    let mut size = 0;
    while let Some(chunk) = upload.chunk().await? {
        size += chunk.len();
    }
    Ok(size.to_string())
}

pub(super) fn serve() -> anyhow::Result<()> {
    slingshot::run();
    Ok(())
}
