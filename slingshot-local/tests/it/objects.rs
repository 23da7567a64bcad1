//! The object store as `aws-sdk-s3` with its defaults sees it: CRC32 trailers, chunked uploads.

use std::{fs, net::Ipv4Addr, path::Path, time::Duration};

use aws_sdk_s3::{
    Client,
    config::{BehaviorVersion, Credentials, Region},
    error::ProvideErrorMetadata as _,
    presigning::PresigningConfig,
    primitives::ByteStream,
    types::{
        ChecksumAlgorithm, ChecksumMode, CompletedMultipartUpload, CompletedPart, Delete,
        ObjectIdentifier,
    },
};
use slingshot_local::{
    Secret,
    objects::{ObjectStore, ObjectStoreConfig, ObjectStoreError},
};

const BUCKET: &str = "raw";
const PART: usize = 5 * 1024 * 1024;

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
async fn ranges_and_conditions_are_answered() {
    let fixture = Fixture::new().await;
    fixture.put("n", b"0123456789").await;
    let get = || fixture.client.get_object().bucket(BUCKET).key("n");
    for (range, expected, content_range) in [
        ("bytes=2-4", "234", "bytes 2-4/10"),
        ("bytes=7-", "789", "bytes 7-9/10"),
        ("bytes=-2", "89", "bytes 8-9/10"),
        ("bytes=5-100", "56789", "bytes 5-9/10"),
    ] {
        let got = get().range(range).send().await.unwrap();
        assert_eq!(got.content_range(), Some(content_range));
        assert_eq!(
            got.body.collect().await.unwrap().to_vec(),
            expected.as_bytes()
        );
    }
    let error = get().range("bytes=10-").send().await.unwrap_err();
    assert_eq!(error.code(), Some("InvalidRange"));

    let e_tag = get().send().await.unwrap().e_tag.unwrap();
    let spared = get().if_none_match(&e_tag).send().await.unwrap_err();
    assert_eq!(spared.raw_response().unwrap().status().as_u16(), 304);
    let refused = get().if_match("\"other\"").send().await.unwrap_err();
    assert_eq!(refused.code(), Some("PreconditionFailed"));

    let put = || fixture.client.put_object().bucket(BUCKET).key("n");
    let refused = put().if_none_match("*").send().await.unwrap_err();
    assert_eq!(refused.code(), Some("PreconditionFailed"));
    put().if_match(&e_tag).send().await.unwrap();
    assert!(fixture.get("n").await.is_empty());
}

#[tokio::test]
async fn listings_have_prefixes_delimiters_and_pages() {
    let fixture = Fixture::new().await;
    for number in 0..30 {
        fixture.put(&format!("l/{number:03}"), b"x").await;
    }
    for key in ["m", "n/1", "n/2"] {
        fixture.put(key, b"x").await;
    }
    let list = || fixture.client.list_objects_v2().bucket(BUCKET);

    let mut pages = list().prefix("l/").max_keys(7).into_paginator().send();
    let mut sizes = Vec::new();
    while let Some(page) = pages.next().await {
        sizes.push(page.unwrap().contents().len());
    }
    assert_eq!(sizes, [7, 7, 7, 7, 2]);

    let top = list().delimiter("/").send().await.unwrap();
    let prefixes: Vec<_> = top
        .common_prefixes()
        .iter()
        .filter_map(|line| line.prefix())
        .collect();
    let keys: Vec<_> = top
        .contents()
        .iter()
        .filter_map(|line| line.key())
        .collect();
    assert_eq!((prefixes, keys), (vec!["l/", "n/"], vec!["m"]));

    let mut pages = list().delimiter("/").max_keys(1).into_paginator().send();
    let mut lines = 0;
    while let Some(page) = pages.next().await {
        let page = page.unwrap();
        lines += page.contents().len() + page.common_prefixes().len();
    }
    assert_eq!(lines, 3, "a common prefix is listed once over all pages");

    let after = list().start_after("l/028").send().await.unwrap();
    let keys: Vec<_> = after
        .contents()
        .iter()
        .filter_map(|line| line.key())
        .collect();
    assert_eq!(keys, ["l/029", "m", "n/1", "n/2"]);

    let first_version = fixture.client.list_objects().bucket(BUCKET);
    let page = first_version
        .marker("l/028")
        .max_keys(2)
        .send()
        .await
        .unwrap();
    assert_eq!(page.next_marker(), Some("m"));
    assert_eq!(page.is_truncated(), Some(true));
}

#[tokio::test]
async fn many_objects_are_deleted_in_one_request() {
    let fixture = Fixture::new().await;
    for key in ["a", "b", "c"] {
        fixture.put(key, b"x").await;
    }
    let named = |key: &str| ObjectIdentifier::builder().key(key).build().unwrap();
    let delete = Delete::builder()
        .objects(named("a"))
        .objects(named("c"))
        .objects(named("never"));
    let deleted = fixture
        .client
        .delete_objects()
        .bucket(BUCKET)
        .delete(delete.build().unwrap())
        .send()
        .await
        .unwrap();
    assert_eq!((deleted.deleted().len(), deleted.errors().len()), (3, 0));
    assert_eq!(fixture.keys().await, ["b"]);
    let not_empty = fixture
        .client
        .delete_bucket()
        .bucket(BUCKET)
        .send()
        .await
        .unwrap_err();
    assert_eq!(not_empty.code(), Some("BucketNotEmpty"));
}

#[tokio::test]
async fn checksums_of_every_algorithm_are_verified_and_returned() {
    let fixture = Fixture::new().await;
    for algorithm in [
        ChecksumAlgorithm::Crc32,
        ChecksumAlgorithm::Crc32C,
        ChecksumAlgorithm::Crc64Nvme,
        ChecksumAlgorithm::Sha1,
        ChecksumAlgorithm::Sha256,
    ] {
        let put = fixture.client.put_object().bucket(BUCKET).key("sum");
        let put = put.checksum_algorithm(algorithm.clone());
        put.body(ByteStream::from_static(b"hello"))
            .send()
            .await
            .unwrap();
        let get = fixture.client.get_object().bucket(BUCKET).key("sum");
        let got = get
            .checksum_mode(ChecksumMode::Enabled)
            .send()
            .await
            .unwrap();
        let returned = [
            got.checksum_crc32(),
            got.checksum_crc32_c(),
            got.checksum_crc64_nvme(),
            got.checksum_sha1(),
            got.checksum_sha256(),
        ];
        assert_eq!(
            returned.iter().flatten().count(),
            1,
            "{algorithm} {returned:?}"
        );
        // The client compares them with what it reads.
        assert_eq!(got.body.collect().await.unwrap().to_vec(), b"hello");
    }
    let put = fixture.client.put_object().bucket(BUCKET).key("sum");
    let wrong = put
        .checksum_crc32("AAAAAA==")
        .body(ByteStream::from_static(b"other"));
    assert_eq!(wrong.send().await.unwrap_err().code(), Some("BadDigest"));
    assert_eq!(
        fixture.get("sum").await,
        b"hello",
        "a refused body changes nothing"
    );
}

#[tokio::test]
async fn multipart_uploads_become_objects_or_leave_nothing() {
    let fixture = Fixture::new().await;
    let client = &fixture.client;
    let create = client.create_multipart_upload().bucket(BUCKET).key("big");
    let id = create
        .content_type("x/y")
        .send()
        .await
        .unwrap()
        .upload_id
        .unwrap();
    let mut parts = Vec::new();
    for number in 1..=3_u8 {
        let upload = client
            .upload_part()
            .bucket(BUCKET)
            .key("big")
            .upload_id(&id);
        let body = vec![number; PART];
        let part = upload
            .part_number(i32::from(number))
            .body(body.into())
            .send()
            .await
            .unwrap();
        parts.push(
            CompletedPart::builder()
                .part_number(i32::from(number))
                .set_e_tag(part.e_tag)
                .set_checksum_crc32(part.checksum_crc32)
                .build(),
        );
    }
    let listed = client.list_parts().bucket(BUCKET).key("big").upload_id(&id);
    assert_eq!(listed.send().await.unwrap().parts().len(), 3);
    let open = client
        .list_multipart_uploads()
        .bucket(BUCKET)
        .send()
        .await
        .unwrap();
    assert_eq!(open.uploads().len(), 1);

    let complete = client
        .complete_multipart_upload()
        .bucket(BUCKET)
        .key("big")
        .upload_id(&id);
    let whole = CompletedMultipartUpload::builder()
        .set_parts(Some(parts))
        .build();
    let completed = complete.multipart_upload(whole).send().await.unwrap();
    assert!(completed.e_tag().unwrap().ends_with("-3\""));
    let head = client
        .head_object()
        .bucket(BUCKET)
        .key("big")
        .send()
        .await
        .unwrap();
    assert_eq!(head.content_type(), Some("x/y"));
    let body = fixture.get("big").await;
    assert_eq!(body.len(), 3 * PART);
    assert_eq!((body[0], body[PART], body[3 * PART - 1]), (1, 2, 3));

    let create = client.create_multipart_upload().bucket(BUCKET).key("gone");
    let id = create.send().await.unwrap().upload_id.unwrap();
    let abort = client.abort_multipart_upload().bucket(BUCKET).key("gone");
    abort.upload_id(&id).send().await.unwrap();
    let late = client
        .upload_part()
        .bucket(BUCKET)
        .key("gone")
        .upload_id(&id)
        .part_number(1);
    assert_eq!(late.send().await.unwrap_err().code(), Some("NoSuchUpload"));
    let left = fs::read_dir(fixture.directory.path().join(".uploads")).unwrap();
    assert_eq!(left.count(), 0);
}

#[tokio::test]
async fn errors_have_the_codes_that_clients_know() {
    let fixture = Fixture::new().await;
    let client = &fixture.client;
    let missing = client
        .get_object()
        .bucket(BUCKET)
        .key("no")
        .send()
        .await
        .unwrap_err();
    assert!(missing.into_service_error().is_no_such_key());
    let missing = client
        .head_object()
        .bucket(BUCKET)
        .key("no")
        .send()
        .await
        .unwrap_err();
    assert!(missing.into_service_error().is_not_found());
    let missing = client
        .list_objects_v2()
        .bucket("no-bucket")
        .send()
        .await
        .unwrap_err();
    assert!(missing.into_service_error().is_no_such_bucket());
    client
        .delete_object()
        .bucket(BUCKET)
        .key("no")
        .send()
        .await
        .unwrap();
    let again = client
        .create_bucket()
        .bucket(BUCKET)
        .send()
        .await
        .unwrap_err();
    assert!(again.into_service_error().is_bucket_already_owned_by_you());

    let stranger = client_with(&fixture.store, "wrong");
    let refused = stranger.list_buckets().send().await.unwrap_err();
    assert_eq!(refused.code(), Some("SignatureDoesNotMatch"));
}

#[tokio::test]
async fn a_presigned_url_needs_no_client() {
    let fixture = Fixture::new().await;
    fixture.put("p q", b"presigned").await;
    let expiry = PresigningConfig::expires_in(Duration::from_secs(60)).unwrap();
    let get = fixture.client.get_object().bucket(BUCKET).key("p q");
    let url = get.presigned(expiry).await.unwrap();
    let plain = super::plain_http();
    let answer = plain.get(url.uri()).send().await.unwrap();
    assert_eq!(answer.text().await.unwrap(), "presigned");
    let unsigned = url.uri().split('?').next().unwrap();
    assert_eq!(plain.get(unsigned).send().await.unwrap().status(), 403);
}

#[tokio::test]
async fn the_last_of_concurrent_writes_wins_as_a_whole() {
    let fixture = Fixture::new().await;
    let writes = (0..16_u8).map(|number| {
        let put = fixture.client.put_object().bucket(BUCKET).key("contended");
        put.metadata("number", number.to_string())
            .body(vec![number; 1000].into())
            .send()
    });
    for write in futures_util::future::join_all(writes).await {
        write.unwrap();
    }
    let got = fixture.client.get_object().bucket(BUCKET).key("contended");
    let got = got.send().await.unwrap();
    let number: u8 = got.metadata().unwrap()["number"].parse().unwrap();
    assert_eq!(
        got.body.collect().await.unwrap().to_vec(),
        vec![number; 1000]
    );
}

#[tokio::test]
async fn half_written_files_of_a_crash_are_swept() {
    let fixture = Fixture::new().await;
    let staging = fixture.directory.path().join(".staging");
    fs::write(staging.join("half"), "written").unwrap();
    let fixture = fixture.restarted().await;
    assert_eq!(fs::read_dir(&staging).unwrap().count(), 0);
    assert!(fixture.keys().await.is_empty());
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
