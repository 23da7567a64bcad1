//! Multipart uploads: create, parts, complete, abort, and their listings.

use std::{
    io::{Read as _, Seek as _, SeekFrom},
    time::SystemTime,
};

use s3s::{
    S3Request, S3Result,
    dto::{
        AbortMultipartUploadInput, AbortMultipartUploadOutput, ChecksumAlgorithm, ChecksumType,
        CompleteMultipartUploadInput, CompleteMultipartUploadOutput, CopyPartResult,
        CreateMultipartUploadInput, CreateMultipartUploadOutput, ETag, ListMultipartUploadsInput,
        ListMultipartUploadsOutput, ListPartsInput, ListPartsOutput, MultipartUpload, Part, Range,
        Timestamp, UploadPartCopyInput, UploadPartCopyOutput, UploadPartInput, UploadPartOutput,
    },
    s3_error,
};

use super::{Service, headers, object};
use crate::objects::{
    condition::{ReadCondition, WriteCondition},
    digest::{self, Digester},
    error::StorageError,
    record::Checksums,
    uploads::{Listed, Upload},
};

/// S3 never answers more at once.
const LARGEST_PAGE: i32 = 1000;

pub(super) async fn create(
    service: &Service,
    request: S3Request<CreateMultipartUploadInput>,
) -> S3Result<CreateMultipartUploadOutput> {
    let input = request.input;
    let properties = headers::properties!(input);
    // CRC64NVME has no other form: it cannot be made from the parts' checksums in S3's eyes.
    let full_object = match (&input.checksum_type, &input.checksum_algorithm) {
        (Some(kind), _) => kind.as_str() == ChecksumType::FULL_OBJECT,
        (None, Some(algorithm)) => algorithm.as_str() == ChecksumAlgorithm::CRC64NVME,
        (None, None) => false,
    };
    let upload = Upload {
        bucket: input.bucket.clone(),
        key: input.key.clone(),
        properties,
        algorithm: input
            .checksum_algorithm
            .as_ref()
            .map(|name| name.as_str().to_owned()),
        full_object,
        initiated: SystemTime::now(),
    };
    let id = service
        .on_disk(move |storage| storage.begin_upload(&upload))
        .await?;
    Ok(CreateMultipartUploadOutput {
        bucket: Some(input.bucket),
        key: Some(input.key),
        upload_id: Some(id),
        checksum_algorithm: input.checksum_algorithm,
        checksum_type: input.checksum_type,
        ..CreateMultipartUploadOutput::default()
    })
}

pub(super) async fn put_part(
    service: &Service,
    request: S3Request<UploadPartInput>,
) -> S3Result<UploadPartOutput> {
    let mut promised = headers::promised!(request);
    let input = request.input;
    let (id, bucket, key) = (input.upload_id.clone(), input.bucket, input.key);
    let (upload, file) = service
        .on_disk(move |storage| Ok((storage.upload((&bucket, &key), &id)?, storage.stage()?)))
        .await?;
    // The parts' checksums are what a composite one is made of.
    promised.algorithm = promised.algorithm.or(upload.algorithm);
    let staged = digest::receive(file, input.body, promised).await?;
    let (id, number) = (input.upload_id, input.part_number);
    let part = service
        .on_disk(move |storage| storage.put_part(&id, number, staged))
        .await?;
    let mut output = UploadPartOutput {
        e_tag: Some(ETag::Strong(part.e_tag)),
        ..UploadPartOutput::default()
    };
    headers::write_checksums!(output, part.checksums);
    Ok(output)
}

pub(super) async fn copy_part(
    service: &Service,
    request: S3Request<UploadPartCopyInput>,
) -> S3Result<UploadPartCopyOutput> {
    let input = request.input;
    let (from_bucket, from_key) = object::source(&input.copy_source)?;
    let condition = ReadCondition {
        if_match: input.copy_source_if_match,
        if_none_match: input.copy_source_if_none_match,
        if_modified_since: input.copy_source_if_modified_since,
        if_unmodified_since: input.copy_source_if_unmodified_since,
    };
    let range = input.copy_source_range.as_deref().map(Range::parse);
    let range = range
        .transpose()
        .map_err(|_| s3_error!(InvalidArgument, "x-amz-copy-source-range is no range"))?;
    let part = service
        .on_disk(move |storage| {
            let upload = storage.upload((&input.bucket, &input.key), &input.upload_id)?;
            let mut source = storage.read(&from_bucket, &from_key)?;
            object::not_modified_is_refused(
                condition.check(&source.record.e_tag, source.modified),
            )?;
            let bytes = range
                .map_or(Ok(0..source.size), |range| range.check(source.size))
                .map_err(|_| StorageError::InvalidArgument {
                    argument: "x-amz-copy-source-range",
                })?;
            source.file.seek(SeekFrom::Start(bytes.start))?;
            let digester = Digester::new(&Checksums::default(), upload.algorithm.as_deref());
            let mut bytes = source.file.take(bytes.end - bytes.start);
            let staged = digest::copy(&mut bytes, storage.stage()?, digester)?;
            storage.put_part(&input.upload_id, input.part_number, staged)
        })
        .await?;
    let mut result = CopyPartResult {
        e_tag: Some(ETag::Strong(part.e_tag)),
        last_modified: Some(Timestamp::from(part.modified)),
        ..CopyPartResult::default()
    };
    headers::write_checksums!(result, part.checksums);
    Ok(UploadPartCopyOutput {
        copy_part_result: Some(result),
        ..UploadPartCopyOutput::default()
    })
}

pub(super) async fn list_parts(
    service: &Service,
    request: S3Request<ListPartsInput>,
) -> S3Result<ListPartsOutput> {
    let input = request.input;
    let limit = input
        .max_parts
        .unwrap_or(LARGEST_PAGE)
        .clamp(0, LARGEST_PAGE);
    let after = input.part_number_marker.unwrap_or(0);
    let (id, bucket, key) = (
        input.upload_id.clone(),
        input.bucket.clone(),
        input.key.clone(),
    );
    let stored = service
        .on_disk(move |storage| {
            storage.upload((&bucket, &key), &id)?;
            storage.parts(&id)
        })
        .await?;
    let mut parts: Vec<_> = stored
        .into_iter()
        .filter(|part| part.number > after)
        .collect();
    let is_truncated = parts.len() > usize::try_from(limit).unwrap_or_default();
    parts.truncate(usize::try_from(limit).unwrap_or_default());
    Ok(ListPartsOutput {
        bucket: Some(input.bucket),
        key: Some(input.key),
        upload_id: Some(input.upload_id),
        max_parts: Some(limit),
        is_truncated: Some(is_truncated),
        next_part_number_marker: parts.last().map(|part| part.number),
        part_number_marker: input.part_number_marker,
        parts: Some(parts.into_iter().map(line).collect()),
        ..ListPartsOutput::default()
    })
}

fn line(part: crate::objects::uploads::Part) -> Part {
    let mut line = Part {
        part_number: Some(part.number),
        size: i64::try_from(part.size).ok(),
        e_tag: Some(ETag::Strong(part.e_tag)),
        last_modified: Some(Timestamp::from(part.modified)),
        ..Part::default()
    };
    headers::write_checksums!(line, part.checksums);
    line
}

/// All open uploads in one page: there are never more than a few on one machine.
pub(super) async fn list(
    service: &Service,
    request: S3Request<ListMultipartUploadsInput>,
) -> S3Result<ListMultipartUploadsOutput> {
    let input = request.input;
    let bucket = input.bucket.clone();
    let prefix = input.prefix.clone().unwrap_or_default();
    let uploads = service
        .on_disk(move |storage| storage.open_uploads(&bucket))
        .await?;
    let lines = uploads
        .into_iter()
        .filter(|(_, upload)| upload.key.starts_with(&prefix))
        .map(|(id, upload)| MultipartUpload {
            key: Some(upload.key),
            upload_id: Some(id),
            initiated: Some(Timestamp::from(upload.initiated)),
            ..MultipartUpload::default()
        });
    Ok(ListMultipartUploadsOutput {
        bucket: Some(input.bucket),
        prefix: input.prefix,
        is_truncated: Some(false),
        uploads: Some(lines.collect()),
        ..ListMultipartUploadsOutput::default()
    })
}

pub(super) async fn complete(
    service: &Service,
    request: S3Request<CompleteMultipartUploadInput>,
) -> S3Result<CompleteMultipartUploadOutput> {
    let promised = headers::given_checksums!(request.input);
    let input = request.input;
    let condition = WriteCondition {
        if_match: input.if_match,
        if_none_match: input.if_none_match,
    };
    let listed: Vec<_> = input
        .multipart_upload
        .and_then(|upload| upload.parts)
        .unwrap_or_default()
        .into_iter()
        .map(|part| Listed {
            number: part.part_number.unwrap_or_default(),
            checksums: headers::given_checksums!(part),
            e_tag: part.e_tag.map(ETag::into_value),
        })
        .collect();
    let (bucket, key) = (input.bucket.clone(), input.key.clone());
    let object = service
        .on_disk(move |storage| {
            let upload = storage.upload((&bucket, &key), &input.upload_id)?;
            storage.complete_upload(&input.upload_id, upload, &listed, &promised, &condition)
        })
        .await?;
    let kind = if object.record.checksums.composite {
        ChecksumType::COMPOSITE
    } else {
        ChecksumType::FULL_OBJECT
    };
    let mut output = CompleteMultipartUploadOutput {
        location: Some(format!("/{}/{}", input.bucket, input.key)),
        bucket: Some(input.bucket),
        key: Some(input.key),
        e_tag: Some(ETag::Strong(object.record.e_tag)),
        checksum_type: Some(ChecksumType::from_static(kind)),
        ..CompleteMultipartUploadOutput::default()
    };
    headers::write_checksums!(output, object.record.checksums);
    Ok(output)
}

pub(super) async fn abort(
    service: &Service,
    request: S3Request<AbortMultipartUploadInput>,
) -> S3Result<AbortMultipartUploadOutput> {
    let input = request.input;
    service
        .on_disk(move |storage| {
            storage.upload((&input.bucket, &input.key), &input.upload_id)?;
            storage.abort_upload(&input.upload_id)
        })
        .await?;
    Ok(AbortMultipartUploadOutput::default())
}
