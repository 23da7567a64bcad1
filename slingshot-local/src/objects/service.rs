//! The S3 operations, each one line: what they mean is in the folder.

mod buckets;
mod headers;
mod listing;
mod multipart;
mod object;
mod part;

use std::sync::Arc;

use s3s::{
    S3, S3Request, S3Response, S3Result,
    dto::{
        AbortMultipartUploadInput, AbortMultipartUploadOutput, CompleteMultipartUploadInput,
        CompleteMultipartUploadOutput, CopyObjectInput, CopyObjectOutput, CreateBucketInput,
        CreateBucketOutput, CreateMultipartUploadInput, CreateMultipartUploadOutput,
        DeleteBucketInput, DeleteBucketOutput, DeleteObjectInput, DeleteObjectOutput,
        DeleteObjectsInput, DeleteObjectsOutput, GetBucketLocationInput, GetBucketLocationOutput,
        GetObjectInput, GetObjectOutput, HeadBucketInput, HeadBucketOutput, HeadObjectInput,
        HeadObjectOutput, ListBucketsInput, ListBucketsOutput, ListMultipartUploadsInput,
        ListMultipartUploadsOutput, ListObjectsInput, ListObjectsOutput, ListObjectsV2Input,
        ListObjectsV2Output, ListPartsInput, ListPartsOutput, PutObjectInput, PutObjectOutput,
        UploadPartCopyInput, UploadPartCopyOutput, UploadPartInput, UploadPartOutput,
    },
};

use super::{error::StorageError, storage::Storage};

/// What `s3s` calls.
#[derive(Clone, Debug)]
pub(super) struct Service {
    storage: Arc<Storage>,
}

impl Service {
    pub(super) fn new(storage: Arc<Storage>) -> Self {
        Self { storage }
    }

    /// Runs file work where it may block.
    async fn on_disk<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Storage) -> Result<T, StorageError> + Send + 'static,
    ) -> S3Result<T> {
        let storage = Arc::clone(&self.storage);
        let done = tokio::task::spawn_blocking(move || work(&storage)).await;
        Ok(done.map_err(s3s::S3Error::internal_error)??)
    }
}

type Answer<T> = S3Result<S3Response<T>>;

/// One line an operation: the trait's method and the function that does it.
macro_rules! operations {
    ($($name:ident($input:ty) -> $output:ty = $function:path;)*) => {
        #[async_trait::async_trait]
        impl S3 for Service {
            $(async fn $name(&self, request: S3Request<$input>) -> Answer<$output> {
                $function(self, request).await.map(S3Response::new)
            })*
        }
    };
}

operations! {
    list_buckets(ListBucketsInput) -> ListBucketsOutput = buckets::list;
    create_bucket(CreateBucketInput) -> CreateBucketOutput = buckets::create;
    head_bucket(HeadBucketInput) -> HeadBucketOutput = buckets::head;
    get_bucket_location(GetBucketLocationInput) -> GetBucketLocationOutput = buckets::location;
    delete_bucket(DeleteBucketInput) -> DeleteBucketOutput = buckets::delete;

    put_object(PutObjectInput) -> PutObjectOutput = object::put;
    get_object(GetObjectInput) -> GetObjectOutput = object::get;
    head_object(HeadObjectInput) -> HeadObjectOutput = object::head;
    copy_object(CopyObjectInput) -> CopyObjectOutput = object::copy;
    delete_object(DeleteObjectInput) -> DeleteObjectOutput = object::delete;
    delete_objects(DeleteObjectsInput) -> DeleteObjectsOutput = object::delete_many;

    list_objects(ListObjectsInput) -> ListObjectsOutput = listing::first;
    list_objects_v2(ListObjectsV2Input) -> ListObjectsV2Output = listing::second;

    create_multipart_upload(CreateMultipartUploadInput) -> CreateMultipartUploadOutput = multipart::create;
    upload_part(UploadPartInput) -> UploadPartOutput = multipart::put_part;
    upload_part_copy(UploadPartCopyInput) -> UploadPartCopyOutput = multipart::copy_part;
    list_parts(ListPartsInput) -> ListPartsOutput = multipart::list_parts;
    list_multipart_uploads(ListMultipartUploadsInput) -> ListMultipartUploadsOutput = multipart::list;
    complete_multipart_upload(CompleteMultipartUploadInput) -> CompleteMultipartUploadOutput = multipart::complete;
    abort_multipart_upload(AbortMultipartUploadInput) -> AbortMultipartUploadOutput = multipart::abort;
}
