//! The embedded object store as `boto3` sees it, and any object store as the runtime does when it fails.

mod faulty;

use std::{io::Write as _, net::Ipv4Addr, net::SocketAddr, path::Path, time::Duration};

use slingshot_local::{
    Secret,
    objects::{ObjectStore, ObjectStoreConfig},
};
use slingshot_runtime::{
    ObjectError,
    client::{ClientError, Objects},
};
use slingshot_topology::{SecretReference, sys_map::ObjectStorage};
use tempfile::{NamedTempFile, TempDir};
use tokio::{process::Command, time::sleep};

use self::faulty::{Fault, Faulty};

const MIB: usize = 1024 * 1024;

#[tokio::test]
async fn boto3_is_served() {
    let store = Store::start().await;
    let suite = Path::new(env!("CARGO_MANIFEST_DIR")).join("objects/boto3_suite.py");
    let output = Command::new(crate::environment::python())
        .arg(suite)
        .arg(format!("http://{}", store.server.address()))
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
    store.server.shutdown().await;
}

/// An object store with a bucket, and the files that its keys are in.
struct Store {
    server: ObjectStore,
    directory: TempDir,
}

impl Store {
    async fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        for name in ["access", "secret", "wrong"] {
            std::fs::write(directory.path().join(name), name).unwrap();
        }
        let server = ObjectStore::start(ObjectStoreConfig {
            address: (Ipv4Addr::LOCALHOST, 0).into(),
            directory: directory.path().join("objects"),
            access_key: "access".to_owned(),
            secret_key: Secret::new("secret"),
            buckets: vec!["made".to_owned()],
        })
        .await
        .unwrap();
        Self { server, directory }
    }

    async fn objects(&self, address: SocketAddr, secret: &str) -> Objects {
        let file = |name: &str| {
            SecretReference::File(self.directory.path().join(name).display().to_string())
        };
        let endpoint = ObjectStorage {
            host: format!("http://{address}"),
            region: "garage".to_owned(),
            access_key: file("access"),
            secret_key: file(secret),
        };
        Objects::connect(&endpoint).await.unwrap()
    }

    /// Writes an object without detours.
    async fn put(&self, id: u64, bytes: &[u8]) {
        let objects = self.objects(self.server.address(), "secret").await;
        objects
            .put_file("made", id, file(bytes).path())
            .await
            .unwrap();
    }

    /// Reads an object over connections that fail.
    async fn get(&self, id: u64, faults: &[Fault]) -> Result<Vec<u8>, ClientError> {
        let way = Faulty::start(self.server.address(), faults).await;
        let objects = self.objects(way.address, "secret").await;
        let mut bytes = Vec::new();
        objects.get("made", id, &mut bytes).await?;
        assert!(way.connections() >= faults.len(), "not all faults were met");
        Ok(bytes)
    }
}

fn file(bytes: &[u8]) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    file
}

/// Bytes of which no two megabytes are the same.
fn bytes(length: usize) -> Vec<u8> {
    let words = (0..length.div_ceil(8) as u64).map(|word| word.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let mut bytes: Vec<u8> = words.flat_map(u64::to_be_bytes).collect();
    bytes.truncate(length);
    bytes
}

#[tokio::test]
async fn a_read_goes_on_where_its_connection_broke() {
    let store = Store::start().await;
    let expected = bytes(6 * MIB);
    store.put(1, &expected).await;
    let mib = MIB as u64;
    let faults = [
        Fault::CutAnswer(mib),
        Fault::Status(503),
        Fault::CutAnswer(2 * mib + 17),
        Fault::CutAnswer(0),
        Fault::Pause(Duration::from_secs(1)),
    ];
    let read = store.get(1, &faults).await.unwrap();
    assert!(read == expected, "{} bytes, or others", read.len());
}

#[tokio::test]
async fn an_object_that_changes_while_it_is_read_is_an_error() {
    let store = Store::start().await;
    store.put(1, &bytes(4 * MIB)).await;
    let faults = [
        Fault::CutAnswer(MIB as u64),
        Fault::Pause(Duration::from_secs(3)),
    ];
    let (read, ()) = tokio::join!(store.get(1, &faults), async {
        sleep(Duration::from_millis(1_500)).await;
        store.put(1, b"another").await;
    });
    let Err(ClientError::Write(error)) = read else {
        panic!("expected an error of the reader");
    };
    assert_eq!(
        error.to_string(),
        "the object `1` in the bucket `made` was changed while it was read"
    );
    assert!(!ObjectError::of(&error).unwrap().is_outage());
}

#[tokio::test]
async fn a_large_object_arrives_over_connections_that_break() {
    let store = Store::start().await;
    let expected = bytes(40 * MIB + 3);
    let mib = MIB as u64;
    let faults = [
        // The request that begins the upload.
        Fault::CutAnswer(10),
        // Its parts, of which several are under way.
        Fault::CutRequest(5 * mib),
        Fault::CutRequest(mib),
        Fault::Status(500),
        Fault::Status(503),
    ];
    let way = Faulty::start(store.server.address(), &faults).await;
    let objects = store.objects(way.address, "secret").await;
    objects
        .put_file("made", 1, file(&expected).path())
        .await
        .unwrap();
    assert!(way.connections() >= faults.len(), "not all faults were met");
    let read = store.get(1, &[]).await.unwrap();
    assert!(read == expected, "{} bytes, or others", read.len());
}

#[tokio::test]
async fn an_outage_is_told_from_a_refusal() {
    let store = Store::start().await;
    store.put(1, b"one").await;
    let nobody: SocketAddr = {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        listener.local_addr().unwrap()
    };
    let down = Faulty::start(store.server.address(), &[Fault::Status(503); 9]).await;
    let broken = Faulty::start(store.server.address(), &[Fault::Status(500); 9]).await;
    let busy = Faulty::start(store.server.address(), &[Fault::Status(429); 9]).await;
    let there = store.server.address();
    let mut told = Vec::new();
    for (what, address, secret, bucket, id) in [
        ("there", there, "secret", "made", 1),
        ("missing", there, "secret", "made", 2),
        ("no bucket", there, "secret", "none", 1),
        ("wrong key", there, "wrong", "made", 1),
        ("not reached", nobody, "secret", "made", 1),
        ("503", down.address, "secret", "made", 1),
        ("500", broken.address, "secret", "made", 1),
        ("429", busy.address, "secret", "made", 1),
    ] {
        let objects = store.objects(address, secret).await;
        let read = objects.get(bucket, id, &mut tokio::io::sink()).await;
        let kind = match &read {
            Ok(()) => "read",
            Err(ClientError::Objects(error)) if error.is_outage() => "outage",
            Err(ClientError::Objects(error)) if error.is_unauthorized() => "keys",
            Err(_) => "refused",
        };
        told.push(format!("{what}: {kind}"));
    }
    insta::assert_snapshot!(told.join("\n"), @r"
    there: read
    missing: refused
    no bucket: refused
    wrong key: keys
    not reached: outage
    503: outage
    500: outage
    429: outage
    ");
}
