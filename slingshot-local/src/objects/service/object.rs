//! One object: put, get, head, copy, delete.

use s3s::{
    S3Error, S3Request, S3Result,
    dto::{
        CopyObjectInput, CopyObjectOutput, CopyObjectResult, CopySource, DeleteObjectInput,
        DeleteObjectOutput, DeleteObjectsInput, DeleteObjectsOutput, DeletedObject, ETag,
        GetObjectInput, GetObjectOutput, HeadObjectInput, HeadObjectOutput, MetadataDirective,
        PutObjectInput, PutObjectOutput, Timestamp,
    },
    s3_error,
};

use super::{Service, headers, part::Part};
use crate::objects::{
    condition::{ReadCondition, WriteCondition},
    digest::{self, Digester},
    error::StorageError,
    record::Checksums,
    storage::Object,
};

pub(super) async fn put(
    service: &Service,
    request: S3Request<PutObjectInput>,
) -> S3Result<PutObjectOutput> {
    let promised = headers::promised!(request);
    let input = request.input;
    let properties = headers::properties!(input);
    let condition = WriteCondition {
        if_match: input.if_match,
        if_none_match: input.if_none_match,
    };
    let (bucket, key) = (input.bucket, input.key);
    let name = bucket.clone();
    let file = service
        .on_disk(move |storage| {
            storage.bucket(&name)?;
            Ok(storage.stage()?)
        })
        .await?;
    let staged = digest::receive(file, input.body, promised).await?;
    let object = service
        .on_disk(move |storage| storage.commit((&bucket, &key), staged, properties, &condition))
        .await?;
    let mut output = PutObjectOutput {
        e_tag: Some(ETag::Strong(object.record.e_tag)),
        ..PutObjectOutput::default()
    };
    headers::write_checksums!(output, object.record.checksums);
    Ok(output)
}

pub(super) async fn get(
    service: &Service,
    request: S3Request<GetObjectInput>,
) -> S3Result<GetObjectOutput> {
    let input = request.input;
    let condition = headers::read_condition!(input);
    let object = read(service, input.bucket, input.key, &condition).await?;
    let part = Part::of(object.size, input.range.as_ref())?;
    let mut output = GetObjectOutput::default();
    headers::write_object!(output, object, part);
    if part.is_whole() && input.checksum_mode.is_some() {
        headers::write_checksums!(output, object.record.checksums);
    }
    let file = tokio::fs::File::from_std(object.file);
    output.body = Some(part.stream(file).await.map_err(StorageError::Io)?);
    Ok(output)
}

pub(super) async fn head(
    service: &Service,
    request: S3Request<HeadObjectInput>,
) -> S3Result<HeadObjectOutput> {
    let input = request.input;
    let condition = headers::read_condition!(input);
    let object = read(service, input.bucket, input.key, &condition).await?;
    let part = Part::of(object.size, input.range.as_ref())?;
    let mut output = HeadObjectOutput::default();
    headers::write_object!(output, object, part);
    if part.is_whole() && input.checksum_mode.is_some() {
        headers::write_checksums!(output, object.record.checksums);
    }
    Ok(output)
}

pub(super) async fn copy(
    service: &Service,
    request: S3Request<CopyObjectInput>,
) -> S3Result<CopyObjectOutput> {
    let input = request.input;
    let (from_bucket, from_key) = source(&input.copy_source)?;
    let condition = ReadCondition {
        if_match: input.copy_source_if_match.clone(),
        if_none_match: input.copy_source_if_none_match.clone(),
        if_modified_since: input.copy_source_if_modified_since.clone(),
        if_unmodified_since: input.copy_source_if_unmodified_since.clone(),
    };
    let replace = input
        .metadata_directive
        .as_ref()
        .is_some_and(|directive| directive.as_str() == MetadataDirective::REPLACE);
    if !replace && from_bucket == *input.bucket && from_key == *input.key {
        return Err(s3_error!(
            InvalidRequest,
            "an object is copied to itself only with new metadata"
        ));
    }
    let algorithm = input.checksum_algorithm.clone();
    let given = headers::properties!(input);
    let (bucket, key) = (input.bucket, input.key);
    let object = service
        .on_disk(move |storage| {
            let mut source = storage.read(&from_bucket, &from_key)?;
            not_modified_is_refused(condition.check(&source.record.e_tag, source.modified))?;
            storage.bucket(&bucket)?;
            let wanted = Checksums {
                composite: false,
                ..source.record.checksums
            };
            let algorithm = algorithm.as_ref().map(s3s::dto::ChecksumAlgorithm::as_str);
            let digester = Digester::new(&wanted, algorithm);
            let staged = digest::copy(&mut source.file, storage.stage()?, digester)?;
            let properties = if replace {
                given
            } else {
                source.record.properties
            };
            storage.commit(
                (&bucket, &key),
                staged,
                properties,
                &WriteCondition::default(),
            )
        })
        .await?;
    let mut result = CopyObjectResult {
        e_tag: Some(ETag::Strong(object.record.e_tag)),
        last_modified: Some(Timestamp::from(object.modified)),
        ..CopyObjectResult::default()
    };
    headers::write_checksums!(result, object.record.checksums);
    Ok(CopyObjectOutput {
        copy_object_result: Some(result),
        ..CopyObjectOutput::default()
    })
}

pub(super) async fn delete(
    service: &Service,
    request: S3Request<DeleteObjectInput>,
) -> S3Result<DeleteObjectOutput> {
    let input = request.input;
    let condition = WriteCondition {
        if_match: input.if_match,
        if_none_match: None,
    };
    service
        .on_disk(move |storage| storage.remove(&input.bucket, &input.key, &condition))
        .await?;
    Ok(DeleteObjectOutput::default())
}

pub(super) async fn delete_many(
    service: &Service,
    request: S3Request<DeleteObjectsInput>,
) -> S3Result<DeleteObjectsOutput> {
    let input = request.input;
    let quiet = input.delete.quiet.unwrap_or(false);
    let (deleted, errors) = service
        .on_disk(move |storage| {
            storage.bucket(&input.bucket)?;
            let (mut deleted, mut errors) = (Vec::new(), Vec::new());
            for object in input.delete.objects {
                match storage.remove(&input.bucket, &object.key, &WriteCondition::default()) {
                    Ok(()) => deleted.push(DeletedObject {
                        key: Some(object.key),
                        ..DeletedObject::default()
                    }),
                    Err(error) => errors.push(failure(object.key, error)),
                }
            }
            Ok((deleted, errors))
        })
        .await?;
    Ok(DeleteObjectsOutput {
        deleted: (!quiet).then_some(deleted),
        errors: (!errors.is_empty()).then_some(errors),
        ..DeleteObjectsOutput::default()
    })
}

fn failure(key: String, error: StorageError) -> s3s::dto::Error {
    let error = S3Error::from(error);
    s3s::dto::Error {
        code: Some(error.code().as_str().to_owned()),
        key: Some(key),
        message: error.message().map(str::to_owned),
        ..s3s::dto::Error::default()
    }
}

async fn read(
    service: &Service,
    bucket: String,
    key: String,
    condition: &ReadCondition,
) -> S3Result<Object> {
    let object = service
        .on_disk(move |storage| storage.read(&bucket, &key))
        .await?;
    condition.check(&object.record.e_tag, object.modified)?;
    Ok(object)
}

/// The bucket and key of a copy's source.
pub(super) fn source(source: &CopySource) -> S3Result<(String, String)> {
    match source {
        CopySource::Bucket {
            bucket,
            key,
            version_id: None,
        } => Ok((bucket.to_string(), key.to_string())),
        _ => Err(s3_error!(
            NotImplemented,
            "the embedded object store copies from `bucket/key` only"
        )),
    }
}

/// A copy whose source is as the client knows it is refused: there is no answer to spare.
pub(super) fn not_modified_is_refused(
    checked: Result<(), StorageError>,
) -> Result<(), StorageError> {
    match checked {
        Err(StorageError::NotModified) => Err(StorageError::PreconditionFailed),
        checked => checked,
    }
}
