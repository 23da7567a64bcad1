//! The object store as `aws-sdk-s3` with its defaults sees it: CRC32 trailers, chunked uploads.

#[path = "objects/requests.rs"]
mod requests;
#[path = "objects/uploads.rs"]
mod uploads;

use std::{fs, net::Ipv4Addr, path::Path};

use aws_sdk_s3::{
    Client,
    config::{BehaviorVersion, Credentials, Region},
    primitives::ByteStream,
};
use slingshot_local::{
    Secret,
    objects::{ObjectStore, ObjectStoreConfig, ObjectStoreError},
};

const BUCKET: &str = "raw";

/// Keys that a storage of directories and files gets wrong.
const HARD_KEYS: [&str; 13] = [
    "a",
    "a/b",
    "a/b/c",
    "42/",
    "/lead",
    "a//b",
    "../up",
    "..",
    ".hidden",
    "Upper",
    "upper",
    "dir/ü ñ+&=?#%.txt",
    "tab\there",
];

fn config(directory: &Path) -> ObjectStoreConfig {
    ObjectStoreConfig {
        address: (Ipv4Addr::LOCALHOST, 0).into(),
        directory: directory.to_owned(),
        access_key: "access".to_owned(),
        secret_key: Secret::new("secret"),
        buckets: vec![BUCKET.to_owned()],
    }
}

fn client_with(store: &ObjectStore, secret: &str) -> Client {
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(format!("http://{}", store.address()))
        .force_path_style(true)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .credentials_provider(Credentials::new("access", secret, None, None, "test"))
        .build();
    Client::from_conf(config)
}

struct Fixture {
    directory: tempfile::TempDir,
    store: ObjectStore,
    client: Client,
}

impl Fixture {
    async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = ObjectStore::start(config(directory.path())).await.unwrap();
        let client = client_with(&store, "secret");
        Self {
            directory,
            store,
            client,
        }
    }

    async fn restarted(self) -> Self {
        self.store.shutdown().await;
        let store = ObjectStore::start(config(self.directory.path()))
            .await
            .unwrap();
        let client = client_with(&store, "secret");
        Self {
            directory: self.directory,
            store,
            client,
        }
    }

    async fn put(&self, key: &str, body: &[u8]) {
        let put = self.client.put_object().bucket(BUCKET).key(key);
        put.body(body.to_vec().into()).send().await.unwrap();
    }

    async fn get(&self, key: &str) -> Vec<u8> {
        let got = self.client.get_object().bucket(BUCKET).key(key);
        let body = got.send().await.unwrap().body;
        body.collect().await.unwrap().to_vec()
    }

    async fn keys(&self) -> Vec<String> {
        let mut pages = self
            .client
            .list_objects_v2()
            .bucket(BUCKET)
            .into_paginator()
            .send();
        let mut keys = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.unwrap();
            keys.extend(
                page.contents()
                    .iter()
                    .map(|object| object.key().unwrap().to_owned()),
            );
        }
        keys
    }
}

#[tokio::test]
async fn every_legal_key_is_stored_listed_and_removed() {
    let fixture = Fixture::new().await;
    let long = "k".repeat(1000);
    let mut keys: Vec<&str> = HARD_KEYS.iter().copied().chain([long.as_str()]).collect();
    for key in &keys {
        fixture.put(key, key.as_bytes()).await;
    }
    let fixture = fixture.restarted().await;
    for key in &keys {
        assert_eq!(fixture.get(key).await, key.as_bytes(), "{key}");
    }
    keys.sort_unstable();
    assert_eq!(fixture.keys().await, keys);
    for key in &keys {
        let delete = fixture.client.delete_object().bucket(BUCKET).key(*key);
        delete.send().await.unwrap();
    }
    assert!(fixture.keys().await.is_empty());
    fixture
        .client
        .delete_bucket()
        .bucket(BUCKET)
        .send()
        .await
        .unwrap();
}

#[tokio::test]
async fn a_person_finds_the_object_of_an_id_as_a_file() {
    let fixture = Fixture::new().await;
    fixture.put("42", b"result").await;
    assert_eq!(
        fs::read(fixture.directory.path().join("raw/42")).unwrap(),
        b"result"
    );

    // And the other way round: what a person puts there is an object.
    fs::write(fixture.directory.path().join("raw/43"), "by hand").unwrap();
    assert_eq!(fixture.get("43").await, b"by hand");
    assert_eq!(fixture.keys().await, ["42", "43"]);
}

#[tokio::test]
async fn metadata_survives_a_restart_and_a_copy() {
    let fixture = Fixture::new().await;
    let put = fixture
        .client
        .put_object()
        .bucket(BUCKET)
        .key("1")
        .content_type("image/png")
        .cache_control("no-store")
        .metadata("origin", "scanner")
        .body(ByteStream::from_static(b"png"));
    let e_tag = put.send().await.unwrap().e_tag;
    let fixture = fixture.restarted().await;
    let copy = fixture.client.copy_object().copy_source("raw/1");
    copy.bucket(BUCKET).key("copies/1").send().await.unwrap();
    for key in ["1", "copies/1"] {
        let head = fixture.client.head_object().bucket(BUCKET).key(key);
        let head = head.send().await.unwrap();
        assert_eq!(head.content_type(), Some("image/png"));
        assert_eq!(head.cache_control(), Some("no-store"));
        assert_eq!(head.metadata().unwrap()["origin"], "scanner");
        assert_eq!(head.content_length(), Some(3));
        assert_eq!(head.e_tag, e_tag);
    }
}

#[tokio::test]
async fn what_cannot_be_used_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let bad_name = ObjectStoreConfig {
        buckets: vec!["No_Bucket".to_owned()],
        ..config(directory.path())
    };
    let error = ObjectStore::start(bad_name).await.unwrap_err();
    assert!(
        matches!(error, ObjectStoreError::BucketName { .. }),
        "{error}"
    );

    let taken = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let same_port = ObjectStoreConfig {
        address: taken.local_addr().unwrap(),
        ..config(directory.path())
    };
    let error = ObjectStore::start(same_port).await.unwrap_err();
    assert!(matches!(error, ObjectStoreError::Listen { .. }), "{error}");

    let file = directory.path().join("file");
    fs::write(&file, "").unwrap();
    let error = ObjectStore::start(config(&file)).await.unwrap_err();
    assert!(
        matches!(error, ObjectStoreError::Directory { .. }),
        "{error}"
    );
}
