//! The embedded object store as `boto3` sees it.

use std::{net::Ipv4Addr, path::Path};

use slingshot_local::{
    Secret,
    objects::{ObjectStore, ObjectStoreConfig},
};
use tokio::process::Command;

#[tokio::test]
async fn boto3_is_served() {
    let directory = tempfile::tempdir().unwrap();
    let store = ObjectStore::start(ObjectStoreConfig {
        address: (Ipv4Addr::LOCALHOST, 0).into(),
        directory: directory.path().to_owned(),
        access_key: "access".to_owned(),
        secret_key: Secret::new("secret"),
        buckets: Vec::new(),
    })
    .await
    .unwrap();
    let suite = Path::new(env!("CARGO_MANIFEST_DIR")).join("objects/boto3_suite.py");
    let output = Command::new(crate::environment::python())
        .arg(suite)
        .arg(format!("http://{}", store.address()))
        .args(["access", "secret"])
        .output()
        .await
        .unwrap();
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    store.shutdown().await;
}
