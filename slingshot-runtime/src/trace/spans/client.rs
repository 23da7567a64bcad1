//! How spans get to the collector: over HTTP, with the client and the runtime that are there anyway.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use tokio::runtime::Handle;

/// How long a collector may take for one batch.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The most bytes of an answer that are read: it says which spans were refused.
const LONGEST_ANSWER: usize = 64 * 1024;

/// Sends on the service's runtime, whatever thread asks.
#[derive(Debug)]
pub(super) struct Client {
    http: reqwest::Client,
    runtime: Handle,
    /// The collector did not answer the last time: said once, and again after it did.
    silent: Arc<AtomicBool>,
}

impl Client {
    pub(super) fn new() -> Result<Self, reqwest::Error> {
        Ok(Self {
            http: reqwest::Client::builder().timeout(TIMEOUT).build()?,
            runtime: Handle::current(),
            silent: Arc::default(),
        })
    }
}

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let http = self.http.clone();
        let sending = self.runtime.spawn(async move {
            let request = reqwest::Request::try_from(request)?;
            let mut answer = http.execute(request).await?;
            let mut response = Response::new(Bytes::new());
            *response.status_mut() = answer.status();
            *response.headers_mut() = answer.headers().clone();
            let mut body = Vec::new();
            while let Some(chunk) = answer.chunk().await? {
                let room = LONGEST_ANSWER - body.len();
                body.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
            }
            *response.body_mut() = body.into();
            Ok::<_, HttpError>(response)
        });
        let answer = sending.await?;
        match &answer {
            Ok(_) => self.silent.store(false, Ordering::Relaxed),
            Err(error) => {
                if !self.silent.swap(true, Ordering::Relaxed) {
                    tracing::warn!(%error, "the collector does not answer: spans are lost until it does");
                }
            }
        }
        answer
    }
}
