//! What is asked: ranges, conditions, listings, deletions, and what is not there.

use std::time::Duration;

use aws_sdk_s3::{
    error::ProvideErrorMetadata as _,
    presigning::PresigningConfig,
    types::{Delete, ObjectIdentifier},
};

use super::{BUCKET, Fixture, client_with};

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
    let expiry = PresigningConfig::expires_in(Duration::from_mins(1)).unwrap();
    let get = fixture.client.get_object().bucket(BUCKET).key("p q");
    let url = get.presigned(expiry).await.unwrap();
    let plain = crate::plain_http();
    let answer = plain.get(url.uri()).send().await.unwrap();
    assert_eq!(answer.text().await.unwrap(), "presigned");
    let unsigned = url.uri().split('?').next().unwrap();
    assert_eq!(plain.get(unsigned).send().await.unwrap().status(), 403);
}
