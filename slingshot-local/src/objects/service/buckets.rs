//! Buckets: list, create, head, location, delete.

use s3s::{
    S3Request, S3Result,
    dto::{
        Bucket, CreateBucketInput, CreateBucketOutput, DeleteBucketInput, DeleteBucketOutput,
        GetBucketLocationInput, GetBucketLocationOutput, HeadBucketInput, HeadBucketOutput,
        ListBucketsInput, ListBucketsOutput, Owner, Timestamp,
    },
    s3_error,
};

use super::Service;

pub(super) async fn list(
    service: &Service,
    request: S3Request<ListBucketsInput>,
) -> S3Result<ListBucketsOutput> {
    let prefix = request.input.prefix.unwrap_or_default();
    let buckets = service.on_disk(super::Storage::buckets).await?;
    Ok(ListBucketsOutput {
        buckets: Some(
            buckets
                .into_iter()
                .filter(|bucket| bucket.name.starts_with(&prefix))
                .map(|bucket| Bucket {
                    name: Some(bucket.name),
                    creation_date: Some(Timestamp::from(bucket.created)),
                    ..Bucket::default()
                })
                .collect(),
        ),
        owner: Some(Owner {
            id: Some("slingshot".to_owned()),
            ..Owner::default()
        }),
        ..ListBucketsOutput::default()
    })
}

pub(super) async fn create(
    service: &Service,
    request: S3Request<CreateBucketInput>,
) -> S3Result<CreateBucketOutput> {
    let bucket = request.input.bucket;
    let location = Some(format!("/{bucket}"));
    if service
        .on_disk(move |storage| Ok(storage.create_bucket(&bucket)?))
        .await?
    {
        Ok(CreateBucketOutput { location })
    } else {
        Err(s3_error!(
            BucketAlreadyOwnedByYou,
            "the bucket exists already"
        ))
    }
}

pub(super) async fn head(
    service: &Service,
    request: S3Request<HeadBucketInput>,
) -> S3Result<HeadBucketOutput> {
    let bucket = request.input.bucket;
    service
        .on_disk(move |storage| storage.bucket(&bucket))
        .await?;
    Ok(HeadBucketOutput::default())
}

/// No location constraint: that is how S3 says `us-east-1`.
pub(super) async fn location(
    service: &Service,
    request: S3Request<GetBucketLocationInput>,
) -> S3Result<GetBucketLocationOutput> {
    let bucket = request.input.bucket;
    service
        .on_disk(move |storage| storage.bucket(&bucket))
        .await?;
    Ok(GetBucketLocationOutput::default())
}

pub(super) async fn delete(
    service: &Service,
    request: S3Request<DeleteBucketInput>,
) -> S3Result<DeleteBucketOutput> {
    let bucket = request.input.bucket;
    service
        .on_disk(move |storage| storage.delete_bucket(&bucket))
        .await?;
    Ok(DeleteBucketOutput::default())
}
