//! Both versions of the listing of a bucket.

use s3s::{
    S3Request, S3Result,
    dto::{
        CommonPrefix, ETag, EncodingType, ListObjectsInput, ListObjectsOutput, ListObjectsV2Input,
        ListObjectsV2Output, Object, ObjectStorageClass, Timestamp,
    },
    s3_error,
};

use super::Service;
use crate::{
    objects::{
        key::url_encode,
        listing::{Item, LARGEST_PAGE, Page, Query},
    },
    percent,
};

/// `GET /{bucket}`: pages are continued by the last name.
pub(super) async fn first(
    service: &Service,
    request: S3Request<ListObjectsInput>,
) -> S3Result<ListObjectsOutput> {
    let input = request.input;
    let page = page(
        service,
        input.bucket.clone(),
        Query {
            prefix: input.prefix.clone().unwrap_or_default(),
            delimiter: input.delimiter.clone(),
            after: input.marker.clone(),
            limit: limit(input.max_keys)?,
        },
    )
    .await?;
    let text = Text::of(input.encoding_type.as_ref());
    let next_marker = page.next();
    let is_truncated = page.truncated;
    let (contents, common_prefixes) = text.lines(page);
    Ok(ListObjectsOutput {
        name: Some(input.bucket),
        prefix: text.write(input.prefix),
        delimiter: text.write(input.delimiter),
        marker: text.write(Some(input.marker.unwrap_or_default())),
        max_keys: Some(input.max_keys.unwrap_or(DEFAULT_LIMIT)),
        is_truncated: Some(is_truncated),
        next_marker: text.write(next_marker),
        contents: Some(contents),
        common_prefixes: Some(common_prefixes),
        encoding_type: input.encoding_type,
        ..ListObjectsOutput::default()
    })
}

/// `GET /{bucket}?list-type=2`: pages are continued by a token.
pub(super) async fn second(
    service: &Service,
    request: S3Request<ListObjectsV2Input>,
) -> S3Result<ListObjectsV2Output> {
    let input = request.input;
    let continued = input.continuation_token.as_deref().map(|token| {
        percent::decode(token).ok_or_else(|| s3_error!(InvalidArgument, "no continuation token"))
    });
    let page = page(
        service,
        input.bucket.clone(),
        Query {
            prefix: input.prefix.clone().unwrap_or_default(),
            delimiter: input.delimiter.clone(),
            after: continued.transpose()?.or_else(|| input.start_after.clone()),
            limit: limit(input.max_keys)?,
        },
    )
    .await?;
    let text = Text::of(input.encoding_type.as_ref());
    // A token may hold any key, XML may not: hence always encoded.
    let next = page.next().map(|name| url_encode(&name));
    let is_truncated = page.truncated;
    let (contents, common_prefixes) = text.lines(page);
    Ok(ListObjectsV2Output {
        name: Some(input.bucket),
        prefix: text.write(input.prefix),
        delimiter: text.write(input.delimiter),
        start_after: text.write(input.start_after),
        max_keys: Some(input.max_keys.unwrap_or(DEFAULT_LIMIT)),
        key_count: i32::try_from(contents.len() + common_prefixes.len()).ok(),
        is_truncated: Some(is_truncated),
        continuation_token: input.continuation_token,
        next_continuation_token: next,
        contents: Some(contents),
        common_prefixes: Some(common_prefixes),
        encoding_type: input.encoding_type,
        ..ListObjectsV2Output::default()
    })
}

const DEFAULT_LIMIT: i32 = 1000;

fn limit(max_keys: Option<i32>) -> S3Result<usize> {
    max_keys.map_or(Ok(LARGEST_PAGE), |limit| {
        usize::try_from(limit).map_err(|_| s3_error!(InvalidArgument, "max-keys is negative"))
    })
}

async fn page(service: &Service, bucket: String, query: Query) -> S3Result<Page> {
    service
        .on_disk(move |storage| storage.list(&bucket, &query))
        .await
}

/// How names are written in the answer.
#[derive(Clone, Copy)]
enum Text {
    Plain,
    Url,
}

impl Text {
    fn of(encoding: Option<&EncodingType>) -> Self {
        match encoding {
            Some(encoding) if encoding.as_str() == EncodingType::URL => Self::Url,
            _ => Self::Plain,
        }
    }

    fn write(self, name: Option<String>) -> Option<String> {
        match self {
            Self::Plain => name,
            Self::Url => name.map(|name| url_encode(&name)),
        }
    }

    fn lines(self, page: Page) -> (Vec<Object>, Vec<CommonPrefix>) {
        let (mut contents, mut common_prefixes) = (Vec::new(), Vec::new());
        for (name, item) in page.items {
            let name = self.write(Some(name));
            match item {
                Item::CommonPrefix => common_prefixes.push(CommonPrefix { prefix: name }),
                Item::Object {
                    size,
                    modified,
                    e_tag,
                } => contents.push(Object {
                    key: name,
                    size: i64::try_from(size).ok(),
                    last_modified: Some(Timestamp::from(modified)),
                    e_tag: Some(ETag::Strong(e_tag)),
                    storage_class: Some(ObjectStorageClass::from_static(
                        ObjectStorageClass::STANDARD,
                    )),
                    ..Object::default()
                }),
            }
        }
        (contents, common_prefixes)
    }
}
