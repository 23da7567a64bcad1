//! What is uploaded: whole, in parts, with checksums, at the same time, and not to its end.

use std::fs;

use aws_sdk_s3::{
    error::ProvideErrorMetadata as _,
    primitives::ByteStream,
    types::{ChecksumAlgorithm, ChecksumMode, CompletedMultipartUpload, CompletedPart},
};

use super::{BUCKET, Fixture};

/// The smallest part that S3 allows before the last.
const PART: usize = 5 * 1024 * 1024;

#[tokio::test]
async fn the_parts_of_an_upload_become_one_object() {
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
}

#[tokio::test]
async fn an_aborted_multipart_upload_leaves_nothing() {
    let fixture = Fixture::new().await;
    let client = &fixture.client;
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
