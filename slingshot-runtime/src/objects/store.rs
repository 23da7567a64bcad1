//! The object store. The only file that names `aws_sdk_s3`.

use std::{error::Error as StdError, fmt, sync::Arc, time::Duration};

use aws_sdk_s3::{
    Client, Config,
    config::{BehaviorVersion, IdentityCache, Region, timeout::TimeoutConfig},
    error::{ProvideErrorMetadata, SdkError},
    operation::get_object::GetObjectError,
    primitives::ByteStream,
    types::{CompletedMultipartUpload, CompletedPart},
};
use aws_smithy_http_client::{
    Builder, Connector,
    tls::{Provider, rustls_provider::CryptoMode},
};
use bytes::Bytes;
use futures_util::{StreamExt as _, stream, stream::BoxStream};
use slingshot_topology::sys_map::ObjectStorage;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{Keys, ObjectError, buffers::Buffers};
use crate::{AnyError, error::last_cause};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// For the log's filter: the SDK warns of each object that was uploaded in parts, as those have no checksum
/// of the whole to be held against.
pub(crate) const NO_CHECKSUM_WARNINGS: &str = "aws_sdk_s3::http_response_checksum=error";

/// The answer of HTTP when an object is not the version that was asked for.
const PRECONDITION_FAILED: u16 = 412;

/// How long the store may take to begin an answer.
const READ_TIMEOUT: Duration = Duration::from_mins(1);

/// How much of the files that are being uploaded may be in memory at once, in KiB.
const MEMORY: u32 = 24 * 1024;

/// A client of the object store.
#[derive(Clone)]
pub(crate) struct Store {
    client: Client,
    memory: Arc<Semaphore>,
    buffers: Buffers,
}

/// Which object.
#[derive(Clone, Debug)]
pub(crate) struct ObjectName {
    bucket: String,
    key: String,
}

impl ObjectName {
    /// A service's object, of which the id is the key.
    pub(super) fn new(bucket: &str, id: u64) -> Self {
        Self::of_key(bucket, id.to_string())
    }

    pub(crate) fn of_key(bucket: &str, key: impl Into<String>) -> Self {
        Self {
            bucket: bucket.to_owned(),
            key: key.into(),
        }
    }

    /// The error of a body that ended before the object did.
    pub(super) fn broke(&self, source: AnyError) -> ObjectError {
        ObjectError::Unavailable {
            action: format!("read the rest of `{self}`"),
            source,
        }
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.bucket, self.key)
    }
}

/// Which of an object's bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Extent {
    pub(super) first: u64,
    /// Where the part ends, unless it is where the object does.
    pub(super) end: Option<u64>,
}

impl Extent {
    /// As HTTP has it; none for all of them.
    fn range(self) -> Option<String> {
        match (self.first, self.end) {
            (0, None) => None,
            (first, None) => Some(format!("bytes={first}-")),
            (first, Some(end)) => Some(format!("bytes={first}-{}", end.saturating_sub(1))),
        }
    }
}

/// An object's bytes, as they arrive.
pub(super) type Body = BoxStream<'static, Result<Bytes, ObjectError>>;

/// An object that is being read.
pub(super) struct Opened {
    pub(super) body: Body,
    /// Its entity tag, if the store has given it one.
    pub(super) version: Option<String>,
    pub(super) length: Option<u64>,
}

/// An uploaded part of an object.
pub(super) struct Part(CompletedPart);

impl Store {
    pub(crate) fn new(endpoint: &ObjectStorage, keys: Keys) -> Self {
        let url = match &endpoint.host {
            host if host.contains("://") => host.clone(),
            host => format!("https://{host}"),
        };
        // The SDK's own default client clears TCP_NODELAY, and each small upload then waits 40 ms for a
        // delayed acknowledgement; this connector keeps it.
        let http = Builder::new().build_with_connector_fn(|settings, components| {
            let mut connector = Connector::builder()
                .tls_provider(Provider::Rustls(CryptoMode::Ring))
                .enable_tcp_nodelay(true);
            connector.set_connector_settings(settings.cloned());
            if let Some(components) = components {
                connector.set_sleep_impl(components.sleep_impl());
            }
            connector.build()
        });
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            .build();
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(url)
            .region(Region::new(endpoint.region.clone()))
            // Buckets in the path work everywhere; buckets in the host name want DNS of their own.
            .force_path_style(true)
            // The keys may change at any time, and are at hand.
            .identity_cache(IdentityCache::no_cache())
            .retry_classifier(keys.clone())
            .credentials_provider(keys)
            .timeout_config(timeouts)
            .http_client(http)
            .build();
        Self {
            client: Client::from_conf(config),
            memory: Arc::new(Semaphore::new(MEMORY as usize)),
            buffers: Buffers::default(),
        }
    }

    /// Waits for room for some bytes of a file. What is larger than all the room takes all of it.
    pub(super) async fn memory(&self, bytes: u64) -> OwnedSemaphorePermit {
        let kibibytes = u32::try_from(bytes.div_ceil(1024)).unwrap_or(MEMORY);
        Arc::clone(&self.memory)
            .acquire_many_owned(kibibytes.min(MEMORY))
            .await
            .expect("the room is never closed")
    }

    /// Where pieces of files are read into.
    pub(super) fn buffers(&self) -> &Buffers {
        &self.buffers
    }

    /// Opens a part of an object, if it still has this version.
    pub(super) async fn open(
        &self,
        object: &ObjectName,
        part: Extent,
        version: Option<&str>,
    ) -> Result<Opened, ObjectError> {
        let range = part.range();
        let request = self.client.get_object().bucket(&object.bucket);
        let request = request.key(&object.key).set_range(range.clone());
        let request = request.set_if_match(version.map(str::to_owned));
        let opened = request.send().await;
        let opened = opened.map_err(|error| unread(object, &error))?;
        if let (Some(range), None) = (range, opened.content_range()) {
            return Err(ObjectError::Store {
                action: format!("read {range} of `{object}`"),
                source: "it answered with the whole object".into(),
            });
        }
        let length = opened.content_length();
        Ok(Opened {
            version: opened.e_tag,
            length: length.and_then(|length| u64::try_from(length).ok()),
            body: body(object.clone(), opened.body),
        })
    }

    /// Deletes an object; one that is not there is as good.
    pub(crate) async fn delete(&self, object: &ObjectName) -> Result<(), ObjectError> {
        let request = self.client.delete_object().bucket(&object.bucket);
        let deleted = request.key(&object.key).send().await;
        deleted.map_err(|error| failed(format!("delete `{object}`"), &error))?;
        Ok(())
    }

    /// Makes an object in one request.
    pub(crate) async fn put(&self, object: &ObjectName, bytes: Bytes) -> Result<(), ObjectError> {
        let request = self.client.put_object().bucket(&object.bucket);
        let request = request.key(&object.key).body(ByteStream::from(bytes));
        let put = request.send().await;
        put.map_err(|error| failed(format!("write `{object}`"), &error))?;
        Ok(())
    }

    /// Begins an upload in parts, and says its id.
    pub(super) async fn begin_parts(&self, object: &ObjectName) -> Result<String, ObjectError> {
        let request = self.client.create_multipart_upload();
        let request = request.bucket(&object.bucket).key(&object.key);
        let begun = request.send().await;
        let begun = begun.map_err(|error| failed(format!("write `{object}` in parts"), &error))?;
        Ok(begun.upload_id.unwrap_or_default())
    }

    pub(super) async fn put_part(
        &self,
        object: &ObjectName,
        upload: &str,
        number: i32,
        bytes: Bytes,
    ) -> Result<Part, ObjectError> {
        let request = self.client.upload_part().bucket(&object.bucket);
        let request = request.key(&object.key).upload_id(upload);
        let request = request.part_number(number).body(ByteStream::from(bytes));
        let put = request.send().await;
        let put =
            put.map_err(|error| failed(format!("write part {number} of `{object}`"), &error))?;
        Ok(Part(
            CompletedPart::builder()
                .part_number(number)
                .set_e_tag(put.e_tag)
                .set_checksum_crc32(put.checksum_crc32)
                .build(),
        ))
    }

    /// Makes an object of its parts, in their order.
    pub(super) async fn complete_parts(
        &self,
        object: &ObjectName,
        upload: &str,
        parts: Vec<Part>,
    ) -> Result<(), ObjectError> {
        let parts = parts.into_iter().map(|Part(part)| part).collect();
        let parts = CompletedMultipartUpload::builder().set_parts(Some(parts));
        let request = self.client.complete_multipart_upload();
        let request = request.bucket(&object.bucket).key(&object.key);
        let request = request.upload_id(upload).multipart_upload(parts.build());
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) if answers_with_an_etag(&error) => Ok(()),
            Err(error) => Err(failed(format!("complete `{object}`"), &error)),
        }
    }

    /// Has the store forget an upload. If it does not, somebody may have to: so it is said.
    pub(super) async fn abort_parts(&self, object: &ObjectName, upload: &str) {
        let request = self.client.abort_multipart_upload();
        let request = request.bucket(&object.bucket).key(&object.key);
        if let Err(error) = request.upload_id(upload).send().await {
            let error = failed("abort an upload in parts".to_owned(), &error);
            tracing::warn!(%object, %error, "parts of an object were left behind");
        }
    }

    /// Whether there is such a bucket, and its list may be read.
    pub(crate) async fn inspect(&self, bucket: &str) -> Result<(), ObjectError> {
        let listed = self.client.list_objects_v2().bucket(bucket).max_keys(1);
        let listed = listed.send().await;
        listed.map_err(|error| failed(format!("list the bucket `{bucket}`"), &error))?;
        Ok(())
    }

    /// Writes an object that no id names, and deletes it.
    pub(crate) async fn probe(&self, bucket: &str) -> Result<(), ObjectError> {
        const PROBE: &str = "slingshot-doctor-probe";
        let written = self.client.put_object().bucket(bucket).key(PROBE);
        let written = written.body(ByteStream::from_static(b"probe")).send().await;
        written.map_err(|error| failed(format!("write to the bucket `{bucket}`"), &error))?;
        let deleted = self.client.delete_object().bucket(bucket).key(PROBE);
        let deleted = deleted.send().await;
        deleted.map_err(|error| failed(format!("delete `{bucket}/{PROBE}`"), &error))?;
        Ok(())
    }

    /// Makes a bucket; one that exists is as good.
    pub(crate) async fn create_bucket(&self, bucket: &str) -> Result<(), ObjectError> {
        let created = self.client.create_bucket().bucket(bucket).send().await;
        match created {
            Ok(_) => Ok(()),
            Err(error) => {
                let there = error.as_service_error().is_some_and(|error| {
                    error.is_bucket_already_owned_by_you() || error.is_bucket_already_exists()
                });
                if there {
                    Ok(())
                } else {
                    Err(failed(format!("create the bucket `{bucket}`"), &error))
                }
            }
        }
    }
}

/// Whether the store completed an upload and said so under another root element than S3's own, as moto does:
/// the SDK takes that for an error. A failure that comes with a good status has an `Error` in its body.
fn answers_with_an_etag<E>(error: &SdkError<E>) -> bool {
    let Some(answer) = error.raw_response() else {
        return false;
    };
    let body = String::from_utf8_lossy(answer.body().bytes().unwrap_or_default());
    answer.status().is_success() && body.contains("<ETag>") && !body.contains("<Error>")
}

fn body(object: ObjectName, stream: ByteStream) -> Body {
    stream::try_unfold((object, stream), async |(object, mut stream)| {
        let chunk = stream.try_next().await;
        let chunk = chunk.map_err(|error| object.broke(last_cause(&error).to_string().into()))?;
        Ok(chunk.map(|chunk| (chunk, (object, stream))))
    })
    .boxed()
}

/// An object that could not be opened.
fn unread(object: &ObjectName, error: &SdkError<GetObjectError>) -> ObjectError {
    let (bucket, key) = (object.bucket.clone(), object.key.clone());
    let missing = error
        .as_service_error()
        .is_some_and(GetObjectError::is_no_such_key);
    let status = error.raw_response().map(|answer| answer.status().as_u16());
    match status {
        _ if missing => ObjectError::Missing { bucket, key },
        Some(PRECONDITION_FAILED) => ObjectError::Changed { bucket, key },
        _ => failed(format!("read `{object}`"), error),
    }
}

/// The store's own code and words where it answered, and the last cause where it did not.
fn failed<E>(action: String, error: &SdkError<E>) -> ObjectError
where
    E: ProvideErrorMetadata + StdError + 'static,
{
    let answered = error.as_service_error().and_then(|error| {
        let code = error.code()?;
        Some(format!(
            "{code}: {}",
            error.message().unwrap_or("no message")
        ))
    });
    let words = answered.unwrap_or_else(|| last_cause(error).to_string());
    let source = words.into();
    match Fault::of(error) {
        Fault::Outage => ObjectError::Unavailable { action, source },
        Fault::Keys => ObjectError::Unauthorized { action, source },
        Fault::Request => ObjectError::Store { action, source },
    }
}

/// What an error lies with.
#[derive(Debug, PartialEq, Eq)]
enum Fault {
    /// The store, or the way to it.
    Outage,
    /// The access key or the secret key.
    Keys,
    /// What was asked.
    Request,
}

impl Fault {
    fn of<E: ProvideErrorMetadata>(error: &SdkError<E>) -> Self {
        match error {
            SdkError::ConstructionFailure(_) => Self::Request,
            // No answer, half of one, or one that is not the store's own.
            SdkError::TimeoutError(_)
            | SdkError::DispatchFailure(_)
            | SdkError::ResponseError(_) => Self::Outage,
            SdkError::ServiceError(answer) => {
                Self::answered(answer.raw().status().as_u16(), answer.err().code())
            }
            _ => Self::Request,
        }
    }

    /// An upload's completion fails with a good status and the code in the body, so the code counts first.
    fn answered(status: u16, code: Option<&str>) -> Self {
        match (status, code) {
            (
                _,
                Some(
                    "InvalidAccessKeyId"
                    | "SignatureDoesNotMatch"
                    | "ExpiredToken"
                    | "InvalidToken",
                ),
            ) => Self::Keys,
            (
                _,
                Some(
                    "InternalError"
                    | "RequestTimeout"
                    | "ServiceUnavailable"
                    | "SlowDown"
                    | "Throttling"
                    | "ThrottlingException"
                    | "TooManyRequests",
                ),
            ) => Self::Outage,
            (403, _) => Self::Keys,
            (429 | 500.., _) => Self::Outage,
            _ => Self::Request,
        }
    }
}

/// Nothing of the client is for showing: it holds the keys.
impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}
