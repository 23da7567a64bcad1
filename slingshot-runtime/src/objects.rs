//! Objects, as a function reads and writes them.

mod buckets;
mod buffers;
mod download;
mod error;
mod keys;
mod message_files;
mod reader;
mod staging;
mod store;
mod stream;
mod transfer;
mod upload;
mod writer;

use std::sync::Arc;

pub use error::ObjectError;
pub use reader::ObjectReader;
pub use writer::ObjectWriter;

pub(crate) use buckets::Buckets;
pub(crate) use download::{open, open_range};
pub(crate) use keys::Keys;
pub use message_files::MessageFiles;
pub(crate) use message_files::{Access, UploadError};
pub(crate) use staging::Staging;
pub(crate) use store::{NO_CHECKSUM_WARNINGS, ObjectName, Store};
pub(crate) use stream::{PutError, put_stream};
pub(crate) use upload::put_file;

use crate::{AnyError, meter::Meter};

/// Opens the object `id` of a key's bucket for reading: `read_file("in", id)?`.
///
/// The object is streamed. A missing object is an error here in an ordinary function, and at the
/// first read in an `async` one.
pub type ReadFileFn = dyn Fn(&str, u64) -> Result<ObjectReader, AnyError> + Send + Sync;

/// Opens a local file that becomes the object `id` of a key's bucket once the function has
/// succeeded: `write_file("out", id)?`. Of two files for one object, the one opened last counts.
pub type WriteFileFn = dyn Fn(&str, u64) -> Result<ObjectWriter, AnyError> + Send + Sync;

/// What a service needs for its objects.
#[derive(Clone, Debug)]
pub(crate) struct Objects {
    pub(crate) store: Arc<Store>,
    pub(crate) buckets: Arc<Buckets>,
    pub(crate) staging: Arc<Staging>,
    pub(crate) meter: Arc<Meter>,
}
