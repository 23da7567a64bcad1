//! Objects, as a function reads and writes them.

mod reader;
mod writer;

pub use reader::ObjectReader;
pub use writer::ObjectWriter;

use crate::AnyError;

/// Opens the object `id` of a key's bucket for reading: `read_file("in", id)?`.
///
/// The object is streamed. A missing object is an error here in an ordinary function, and at the
/// first read in an `async` one.
pub type ReadFileFn = dyn Fn(&str, u64) -> Result<ObjectReader, AnyError> + Send + Sync;

/// Opens a local file that becomes the object `id` of a key's bucket once the function has
/// succeeded: `write_file("out", id)?`. Of two files for one object, the one opened last counts.
pub type WriteFileFn = dyn Fn(&str, u64) -> Result<ObjectWriter, AnyError> + Send + Sync;
