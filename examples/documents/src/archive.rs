//! `archive` keeps originals: those that nobody could read, and a sample of the rest.

use serde_json::json;
use slingshot::prelude::*;
use tokio::io::AsyncWriteExt as _;

/// Copies a file as it is, and writes a receipt of how it came here.
#[microservice(name = "archive", replicas = 8)]
pub(crate) async fn archive(
    delivery: &Delivery,
    write_file: &WriteFileFn,
    read_file: &ReadFileFn,
    request: u64,
) -> Result<(), AnyError> {
    let mut original = read_file("in", request)?;
    let mut copy = write_file("out", request)?;
    let bytes = tokio::io::copy(&mut original, &mut copy).await?;
    let receipt = json!({
        "document": request,
        "bytes": bytes,
        "message_id": delivery.message_id(),
        "attempt": delivery.attempt(),
    });
    write_file("receipts", request)?
        .write_all(receipt.to_string().as_bytes())
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use slingshot::rehearsal::Buckets;

    use super::*;

    #[tokio::test]
    async fn an_original_is_kept_byte_for_byte_with_a_receipt() {
        let original: Vec<u8> = (0..=255).cycle().take(200_000).collect();
        let buckets = Buckets::with("in", 7, &original);
        archive(
            &Delivery::default(),
            &buckets.write_file(),
            &buckets.read_file(),
            7,
        )
        .await
        .unwrap();
        assert_eq!(buckets.get("out", 7), Some(original));
        let receipt: serde_json::Value =
            serde_json::from_slice(&buckets.get("receipts", 7).unwrap()).unwrap();
        assert_eq!(receipt["bytes"], 200_000);
    }
}
