//! The built-in handlers for files, which keep them in a bucket of the object store.
//!
//! A file is two objects: its bytes under a new id, and what is known of it, its record, under `<id>.json`. The
//! record is written last and asked for first, so that there is no file before it is whole.

mod record;

use std::{
    ops::Range,
    sync::Arc,
    task::{Poll, ready},
};

use futures_util::{FutureExt as _, StreamExt as _, TryStreamExt as _, stream};
use sha2::{Digest as _, Sha256};
use thiserror::Error;
use tokio::{runtime::Handle, sync::oneshot};

use self::record::{FileRecord, new_id};
use super::{Download, FileId, Upload, download_outcome};
use crate::{
    AnyError, Json, Refusal,
    handler::{
        CallParts, HandlerArgument as _, HandlerDefinition, HandlerFunction, HandlerKind,
        HandlerReturns as _, HandlerSettings, ReplyFuture,
    },
    objects::{Keys, ObjectError, ObjectName, PutError, Store, open_range, put_stream},
    secret::SecretError,
    service::Source,
    sys_map::{Access, OBJECT_STORAGE, SysMap, SysMapError},
};

/// How many files arrive at once: of each some 8 MiB are in memory while they wait for the rest of their part.
const UPLOADS: u32 = 16;

/// How many files are sent at once.
const DOWNLOADS: u32 = 256;

/// The files of a bucket.
#[derive(Debug)]
pub(crate) struct KeptFiles {
    store: Store,
    bucket: String,
    /// Where an upload goes on when its client is gone, to remove what it has made.
    runtime: Handle,
}

/// Files that cannot be kept.
#[derive(Debug, Error)]
pub(crate) enum KeptFilesError {
    #[error(
        "SLINGSHOT_FILES names a bucket, and nothing says which object store it is in: set SLINGSHOT_SYS_MAP"
    )]
    NoSysMap,
    #[error(transparent)]
    SysMap(#[from] SysMapError),
    #[error(transparent)]
    Secret(#[from] SecretError),
}

impl KeptFiles {
    /// Asks the sys-map for the object store.
    pub(crate) async fn open(
        bucket: &str,
        sys_map: Option<&str>,
        access: &Access,
    ) -> Result<Arc<Self>, KeptFilesError> {
        let sys_map = SysMap::new(sys_map.ok_or(KeptFilesError::NoSysMap)?, access)?;
        let endpoint = sys_map.find(OBJECT_STORAGE).await?;
        Ok(Arc::new(Self {
            store: Store::new(&endpoint, Keys::resolve(&endpoint).await?),
            bucket: bucket.to_owned(),
            runtime: Handle::current(),
        }))
    }

    /// Adds a handler for each kind of request that there is none for, in the order of the kinds.
    pub(crate) fn serve(self: &Arc<Self>, handlers: &mut Vec<HandlerDefinition>) {
        for (kind, replicas, function) in [
            (HandlerKind::Upload, UPLOADS, self.upload()),
            (HandlerKind::Download, DOWNLOADS, self.download()),
            (HandlerKind::Metadata, DOWNLOADS, self.metadata()),
        ] {
            if handlers.iter().any(|handler| handler.kind == kind) {
                continue;
            }
            handlers.push(HandlerDefinition {
                name: kind.word().to_owned(),
                kind,
                settings: HandlerSettings {
                    replicas: Some(replicas),
                    ..HandlerSettings::NONE
                },
                source: Source {
                    file: file!().into(),
                    line: line!(),
                    column: column!(),
                },
                function,
            });
        }
        handlers.sort_by(|a, b| (a.kind, &a.name).cmp(&(b.kind, &b.name)));
    }

    fn upload(self: &Arc<Self>) -> HandlerFunction {
        let files = Arc::clone(self);
        function(move |mut parts| {
            let files = Arc::clone(&files);
            Box::pin(async move {
                let upload = Upload::take(&mut parts)?;
                files.keep(upload).await.map(Json).outcome()
            })
        })
    }

    fn download(self: &Arc<Self>) -> HandlerFunction {
        let files = Arc::clone(self);
        function(move |mut parts| {
            let files = Arc::clone(&files);
            Box::pin(async move {
                let id = FileId::take(&mut parts)?;
                let record = files.find(&id).await;
                download_outcome(record.map(|record| files.file(record)))
            })
        })
    }

    fn metadata(self: &Arc<Self>) -> HandlerFunction {
        let files = Arc::clone(self);
        function(move |mut parts| {
            let files = Arc::clone(&files);
            Box::pin(async move {
                let id = FileId::take(&mut parts)?;
                files.find(&id).await.map(Json).outcome()
            })
        })
    }

    /// Keeps a file. Whoever does not wait for the answer does not learn the id, and so the file is removed again.
    async fn keep(self: Arc<Self>, mut upload: Upload) -> Result<FileRecord, AnyError> {
        let (answer, answered) = oneshot::channel();
        let runtime = self.runtime.clone();
        // Not here, where a client that leaves takes its request with it.
        runtime.spawn(async move {
            let kept = self.store(&mut upload).await;
            if let Err(Ok(record)) = answer.send(kept) {
                self.remove(&record.id).await;
            }
            // The request is open until here: the process waits for it.
            drop(upload);
        });
        Ok(answered.await??)
    }

    async fn store(&self, upload: &mut Upload) -> Result<FileRecord, Refusal> {
        let id = new_id().map_err(|_| Refusal::new(500, "the system has no random numbers"))?;
        let (mut digest, mut size) = (Sha256::new(), 0);
        let length = upload.size();
        let chunks = stream::poll_fn(|context| {
            let chunk = ready!(upload.poll_chunk(context));
            if let Some(Ok(chunk)) = &chunk {
                digest.update(chunk);
                size += chunk.len() as u64;
            }
            Poll::Ready(chunk)
        });
        let put = put_stream(&self.store, &self.object(&id), length, chunks).await;
        let record = FileRecord::of(id, upload, size, digest.finalize().into());
        let put = match put {
            Ok(()) => {
                let bytes = record.to_json();
                let written = self.store.put(&self.record(&record.id), bytes).await;
                written.map_err(PutError::Store)
            }
            Err(error) => Err(error),
        };
        match put {
            Ok(()) => Ok(record),
            Err(PutError::Source(error)) => {
                tracing::info!(%error, "an upload left nothing behind");
                Err(Refusal::new(error.status(), error.to_string()))
            }
            Err(PutError::Store(error)) => {
                // Without an answer it is not known whether the store has done it.
                self.remove(&record.id).await;
                Err(refusal(&error))
            }
        }
    }

    /// Removes a file, its record first: without it there is none.
    async fn remove(&self, id: &str) {
        for object in [self.record(id), self.object(id)] {
            if let Err(error) = self.store.delete(&object).await {
                tracing::warn!(%object, %error, "an object of an upload that failed may be left");
            }
        }
    }

    async fn find(&self, id: &FileId) -> Result<FileRecord, AnyError> {
        let unknown = || Refusal::new(404, format!("there is no file `{id}`"));
        if !record::is_id(id) {
            return Err(unknown().into());
        }
        let read = async {
            let chunks = open_range(&self.store, self.record(id), None).await?;
            record::collect(chunks).await
        };
        match read.await {
            Ok(bytes) => Ok(FileRecord::from_json(&bytes)?),
            Err(error) => match ObjectError::of(&*error) {
                Some(ObjectError::Missing { .. }) => Err(unknown().into()),
                Some(error) => Err(refusal(error).into()),
                None => Err(error),
            },
        }
    }

    fn file(self: &Arc<Self>, record: FileRecord) -> Download {
        let files = Arc::clone(self);
        let FileRecord {
            id,
            name,
            size,
            sha256,
            content_type,
        } = record;
        let digest = sha256.0;
        let file = Download::in_chunks(size, move |part: Range<u64>| {
            let open = async move {
                let part = Some(part).filter(|part| *part != (0..size));
                let opened = open_range(&files.store, files.object(&id), part).await;
                let chunks = opened.map_err(|error| refusal(&error))?;
                Ok(chunks.map_err(AnyError::from).boxed())
            };
            open.boxed()
        });
        let file = file.name(name).etag(sha256.to_string()).sha256(digest);
        match content_type {
            Some(content_type) => file.content_type(content_type),
            None => file,
        }
    }

    fn object(&self, id: &str) -> ObjectName {
        ObjectName::of_key(&self.bucket, id)
    }

    fn record(&self, id: &str) -> ObjectName {
        ObjectName::of_key(&self.bucket, format!("{id}.json"))
    }
}

fn function<F>(function: F) -> HandlerFunction
where
    F: for<'a> Fn(CallParts<'a>) -> ReplyFuture<'a> + Send + Sync + 'static,
{
    HandlerFunction::Async(Arc::new(function))
}

/// What clients are told of the store; the log says more.
fn refusal(error: &ObjectError) -> Refusal {
    tracing::warn!(%error, "a file");
    if error.is_outage() {
        Refusal::new(503, "the object store is not there")
    } else {
        Refusal::new(502, "the object store did not do it")
    }
}
