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

/// At most 400 a second.
#[handler(replicas = 4, queue = 100)]
async fn slow(data: String) -> String {
    tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    data
}

#[upload(replicas = 8)]
async fn count(mut upload: Upload) -> Result<String, AnyError> {
    let mut size = 0;
    while let Some(chunk) = upload.chunk().await? {
        size += chunk.len();
    }
    Ok(size.to_string())
}

#[download(replicas = 8)]
async fn give(id: FileId) -> Result<Download, AnyError> {
    let bytes: u64 = id.parse()?;
    Ok(Download::new(tokio::io::AsyncReadExt::take(tokio::io::repeat(b'x'), bytes)).size(bytes))
}

pub(super) fn serve() -> anyhow::Result<()> {
    slingshot::run();
    Ok(())
}
