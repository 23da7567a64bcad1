//! The sys-map as services see it: which queue to read, where each case goes, which endpoints.

mod answer;
mod endpoint;
mod fields;
mod listing;
mod retry;

pub use answer::{AnswerError, Route, ServiceAnswer};
pub(crate) use endpoint::{DEFAULT_REGION, DEFAULT_VHOST};
pub use endpoint::{Database, ObjectStorage, RabbitMq};
pub use listing::{ListedBoundary, Listing};
pub use retry::RetryForm;
