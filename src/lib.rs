//! Annotated functions become production services over RabbitMQ, S3 and PostgreSQL.
//!
//! This crate re-exports; the parts are `slingshot-macros` and `slingshot-runtime`.

pub use slingshot_macros::{Case, download, handler, metadata, microservice, upload};
#[cfg(feature = "async-postgres")]
pub use slingshot_runtime::AsyncPgConnection;
#[doc(hidden)]
pub use slingshot_runtime::generated as __private;
pub use slingshot_runtime::{
    AnyError, Broadcast, Bus, Bytes, CallError, Case, Delivery, Done, Download, Error, FileId,
    Header, IntoPayload, IntoReply, Json, Microservice, Missed, ObjectReader, ObjectWriter,
    Payload, PgConnection, Queues, ReadFileFn, Refusal, Reply, RequestHead, Retry, SendError,
    SharedState, Source, StateError, Subscription, Unrouted, Upload, UploadError, WriteFileFn,
    manager, multibus, rehearsal, run,
};

/// What a file with a service in it needs: `use slingshot::prelude::*;`.
pub mod prelude {
    #[cfg(feature = "async-postgres")]
    pub use crate::AsyncPgConnection;
    pub use crate::{
        AnyError, Bus, Bytes, Case, Delivery, Download, Error, FileId, Json, PgConnection, Queues,
        ReadFileFn, Refusal, RequestHead, SharedState, Source, Upload, WriteFileFn, download,
        handler, metadata, microservice, upload,
    };
}

/// The guide's examples, compiled.
#[cfg(doctest)]
#[doc = include_str!("../docs/guide/service.md")]
struct Guide;

#[cfg(doctest)]
#[doc = include_str!("../docs/guide/delivery.md")]
struct GuideToDelivery;

#[cfg(doctest)]
#[doc = include_str!("../docs/guide/bus.md")]
struct GuideToTheBus;

#[cfg(doctest)]
#[doc = include_str!("../docs/guide/scaling.md")]
struct GuideToScaling;

#[cfg(all(doctest, feature = "async-postgres"))]
#[doc = include_str!("../docs/guide/database.md")]
struct GuideToDatabase;

#[cfg(doctest)]
#[doc = include_str!("../docs/guide/handlers.md")]
struct GuideToHandlers;

#[cfg(doctest)]
#[doc = include_str!("../docs/guide/observability.md")]
struct Observability;
