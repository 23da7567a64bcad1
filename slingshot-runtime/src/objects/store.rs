//! The object store. The only file that names `aws_sdk_s3`.

use std::{error::Error as StdError, fmt, io, path::Path, time::Duration};

use aws_sdk_s3::{
    Client, Config,
    config::{BehaviorVersion, IdentityCache, Region, timeout::TimeoutConfig},
    error::{ProvideErrorMetadata, SdkError},
    operation::get_object::GetObjectError,
    primitives::{ByteStream, Length},
    types::{CompletedMultipartUpload, CompletedPart},
};
use aws_smithy_http_client::{
    Builder, Connector,
    tls::{Provider, rustls_provider::CryptoMode},
};
use bytes::Bytes;
use futures_util::{Stream, stream};
use slingshot_topology::sys_map::ObjectStorage;

use super::{Keys, ObjectError};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long the store may take to begin an answer.
const READ_TIMEOUT: Duration = Duration::from_mins(1);

/// Up to here a file is uploaded from memory: one request, no chunking.
const SMALL: u64 = 256 * 1024;

/// From here on a file is uploaded in parts.
const LARGE: u64 = 64 * 1024 * 1024;

/// The size of a part, unless the file would then have too many.
const PART: u64 = 16 * 1024 * 1024;

/// S3's own bound on the parts of an object.
const MOST_PARTS: u64 = 10_000;

/// A client of the object store.
pub(crate) struct Store {
    client: Client,
}

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
        }
    }

    /// Opens an object; its bytes arrive as they are asked for.
    pub(crate) async fn open(
        &self,
        bucket: &str,
        id: u64,
    ) -> Result<impl Stream<Item = io::Result<Bytes>> + Send + use<>, ObjectError> {
        let request = self.client.get_object().bucket(bucket).key(id.to_string());
        let object = request.send().await.map_err(|error| {
            let missing = error
                .as_service_error()
                .is_some_and(GetObjectError::is_no_such_key);
            if missing {
                ObjectError::Missing {
                    bucket: bucket.to_owned(),
                    id,
                }
            } else {
                failed(format!("read `{bucket}/{id}`"), &error)
            }
        })?;
        let broke = format!("read the rest of `{bucket}/{id}`");
        Ok(stream::try_unfold(object.body, move |mut body| {
            let action = broke.clone();
            async {
                let chunk = body.try_next().await.map_err(|error| {
                    io::Error::other(ObjectError::Unavailable {
                        action,
                        source: last_cause(&error).to_string().into(),
                    })
                })?;
                Ok(chunk.map(|chunk| (chunk, body)))
            }
        }))
    }

    /// Makes an object of a local file, and says how large it is.
    pub(crate) async fn put_file(
        &self,
        bucket: &str,
        id: u64,
        path: &Path,
    ) -> Result<u64, ObjectError> {
        let size = tokio::fs::metadata(path).await?.len();
        if size >= LARGE {
            self.put_parts(bucket, id, path, size).await?;
            return Ok(size);
        }
        let body = if size <= SMALL {
            ByteStream::from(tokio::fs::read(path).await?)
        } else {
            part(path, 0, size).await?
        };
        self.client
            .put_object()
            .bucket(bucket)
            .key(id.to_string())
            .body(body)
            .send()
            .await
            .map_err(|error| failed(format!("write `{bucket}/{id}`"), &error))?;
        Ok(size)
    }

    async fn put_parts(
        &self,
        bucket: &str,
        id: u64,
        path: &Path,
        size: u64,
    ) -> Result<(), ObjectError> {
        let action = || format!("write `{bucket}/{id}` in parts");
        let created = self
            .client
            .create_multipart_upload()
            .bucket(bucket)
            .key(id.to_string())
            .send()
            .await
            .map_err(|error| failed(action(), &error))?;
        let upload = created.upload_id().unwrap_or_default();
        let uploaded = self.upload_parts(bucket, id, path, size, upload).await;
        if uploaded.is_err() {
            // The parts that did arrive are paid for until the upload is aborted.
            let aborted = self
                .client
                .abort_multipart_upload()
                .bucket(bucket)
                .key(id.to_string())
                .upload_id(upload)
                .send()
                .await;
            if let Err(error) = aborted {
                let error = failed("abort an upload in parts".to_owned(), &error);
                tracing::warn!(bucket, id, %error, "parts of an object were left behind");
            }
        }
        uploaded
    }

    async fn upload_parts(
        &self,
        bucket: &str,
        id: u64,
        path: &Path,
        size: u64,
        upload: &str,
    ) -> Result<(), ObjectError> {
        let key = id.to_string();
        let length = PART.max(size.div_ceil(MOST_PARTS));
        let mut parts = Vec::new();
        for (number, offset) in
            (1..).zip((0..size).step_by(usize::try_from(length).unwrap_or(usize::MAX)))
        {
            let uploaded = self
                .client
                .upload_part()
                .bucket(bucket)
                .key(&key)
                .upload_id(upload)
                .part_number(number)
                .body(part(path, offset, length.min(size - offset)).await?)
                .send()
                .await
                .map_err(|error| {
                    failed(format!("write part {number} of `{bucket}/{id}`"), &error)
                })?;
            parts.push(
                CompletedPart::builder()
                    .part_number(number)
                    .set_e_tag(uploaded.e_tag)
                    .set_checksum_crc32(uploaded.checksum_crc32)
                    .build(),
            );
        }
        let parts = CompletedMultipartUpload::builder()
            .set_parts(Some(parts))
            .build();
        let completed = self
            .client
            .complete_multipart_upload()
            .bucket(bucket)
            .key(&key)
            .upload_id(upload)
            .multipart_upload(parts)
            .send()
            .await;
        match completed {
            Ok(_) => Ok(()),
            Err(error) if answers_with_an_etag(&error) => Ok(()),
            Err(error) => Err(failed(format!("complete `{bucket}/{id}`"), &error)),
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

/// A part of a file, read as it is sent.
async fn part(path: &Path, offset: u64, length: u64) -> Result<ByteStream, ObjectError> {
    ByteStream::read_from()
        .path(path)
        .offset(offset)
        .length(Length::Exact(length))
        .build()
        .await
        .map_err(|error| ObjectError::Staged(io::Error::other(error)))
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

fn last_cause<'a>(error: &'a (dyn StdError + 'static)) -> &'a (dyn StdError + 'static) {
    std::iter::successors(Some(error), |error| StdError::source(*error))
        .last()
        .unwrap_or(error)
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
