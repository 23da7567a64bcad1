//! Buckets in memory and a bus, for tests that call a service's or a handler's function as what it is: a function.
//!
//! ```
//! # use slingshot_runtime::{AnyError, ReadFileFn, WriteFileFn};
//! # use std::io::{Read as _, Write as _};
//! use slingshot_runtime::rehearsal::Buckets;
//!
//! fn shout(request: u64, read_file: &ReadFileFn, write_file: &WriteFileFn) -> Result<(u64, bool), AnyError> {
//!     let mut text = String::new();
//!     read_file("in", request)?.read_to_string(&mut text)?;
//!     write_file("out", request)?.write_all(text.to_uppercase().as_bytes())?;
//!     Ok((request, !text.is_empty()))
//! }
//!
//! let buckets = Buckets::with("in", 7, "hello");
//! assert_eq!(shout(7, &buckets.read_file(), &buckets.write_file())?, (7, true));
//! assert_eq!(buckets.get("out", 7), Some(b"HELLO".to_vec()));
//! # Ok::<(), AnyError>(())
//! ```

use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{
    Bus, ObjectReader, ObjectWriter, Queues, ReadFileFn, SharedState, WriteFileFn,
    bus::Hub,
    handler::{Handler, HandlerDefinition, HandlerKind},
    metrics::Metrics,
    sys_map::Access,
    trace::Tracer,
};

/// A bus that knows the handlers of the test's binary, which share `state`. Nothing is sent to queues by it.
///
/// # Panics
/// Outside of a tokio runtime: it is for `#[tokio::test]`.
pub fn bus(state: &SharedState) -> Bus {
    bus_of(HandlerDefinition::registered(), state)
}

/// The same with these handlers.
pub(crate) fn bus_of(definitions: Vec<HandlerDefinition>, state: &SharedState) -> Bus {
    let definitions = definitions.into_iter();
    let called = definitions.filter(|it| it.kind == HandlerKind::Request);
    let runtime = tokio::runtime::Handle::current();
    let handlers = called.map(|it| Arc::new(Handler::new(it, runtime.clone())));
    let queues = Queues::new(None, Access::default());
    let metrics = Metrics::new();
    let tracer = Tracer::default();
    let hub = Hub::new(handlers, state.clone(), queues, &metrics, None, tracer);
    Bus::of(&Arc::new(hub), "rehearsal")
}

/// Buckets in memory. Clones share their objects.
///
/// What a function writes is there to be read at once, also when the function fails; a running service
/// keeps it only if the function succeeds.
#[derive(Clone, Debug, Default)]
pub struct Buckets {
    objects: Arc<Mutex<BTreeMap<(String, u64), SharedBytes>>>,
}

/// An object's bytes, shared with who is writing them.
pub(crate) type SharedBytes = Arc<Mutex<Vec<u8>>>;

impl Buckets {
    /// Buckets without objects. Every key has one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Buckets with one object: `id`, in the bucket behind `key`.
    pub fn with(key: &str, id: u64, bytes: impl AsRef<[u8]>) -> Self {
        let buckets = Self::new();
        buckets.put(key, id, bytes);
        buckets
    }

    /// Puts an object in the bucket behind `key`.
    pub fn put(&self, key: &str, id: u64, bytes: impl AsRef<[u8]>) {
        let bytes = Arc::new(Mutex::new(bytes.as_ref().to_vec()));
        held(&self.objects).insert((key.to_owned(), id), bytes);
    }

    /// The object `id` of the bucket behind `key`.
    pub fn get(&self, key: &str, id: u64) -> Option<Vec<u8>> {
        let object = held(&self.objects).get(&(key.to_owned(), id)).cloned()?;
        let bytes = held(&object).clone();
        Some(bytes)
    }

    /// What an ordinary or an `async` function takes as `&ReadFileFn`.
    pub fn read_file(&self) -> Box<ReadFileFn> {
        let buckets = self.clone();
        Box::new(move |key, id| {
            let object = buckets.get(key, id).ok_or_else(|| missing(key, id))?;
            Ok(ObjectReader::from(object))
        })
    }

    /// What an ordinary or an `async` function takes as `&WriteFileFn`.
    pub fn write_file(&self) -> Box<WriteFileFn> {
        let buckets = self.clone();
        Box::new(move |key, id| {
            let bytes = SharedBytes::default();
            held(&buckets.objects).insert((key.to_owned(), id), Arc::clone(&bytes));
            Ok(ObjectWriter::rehearsed(bytes))
        })
    }
}

fn missing(key: &str, id: u64) -> io::Error {
    let text = format!("there is no object {id} in the bucket behind `{key}`");
    io::Error::new(io::ErrorKind::NotFound, text)
}

/// A test that panicked while it held the lock has failed already.
pub(crate) fn held<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;
    use crate::AnyError;

    fn copy(id: u64, read_file: &ReadFileFn, write_file: &WriteFileFn) -> Result<(), AnyError> {
        use std::io::{Read as _, Write as _};

        let mut bytes = Vec::new();
        read_file("in", id)?.read_to_end(&mut bytes)?;
        write_file("out", id)?.write_all(&bytes)?;
        Ok(())
    }

    async fn copy_async(
        id: u64,
        read_file: &ReadFileFn,
        write_file: &WriteFileFn,
    ) -> Result<(), AnyError> {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

        let mut bytes = Vec::new();
        read_file("in", id)?.read_to_end(&mut bytes).await?;
        let mut file = write_file("out", id)?;
        file.write_all(&bytes).await?;
        Ok(())
    }

    #[test]
    fn ordinary_and_async_functions_find_and_leave_objects() {
        let buckets = Buckets::with("in", 7, "text");
        copy(7, &buckets.read_file(), &buckets.write_file()).unwrap();
        assert_eq!(buckets.get("out", 7).as_deref(), Some(&b"text"[..]));

        buckets.put("in", 8, [1, 2, 3]);
        let (read_file, write_file) = (buckets.read_file(), buckets.write_file());
        let copied = copy_async(8, &read_file, &write_file).now_or_never();
        copied.expect("nothing waits").unwrap();
        assert_eq!(buckets.get("out", 8).as_deref(), Some(&[1, 2, 3][..]));
        assert_eq!(buckets.get("out", 9), None);
    }

    #[test]
    fn a_missing_object_is_an_error_that_names_it() {
        let buckets = Buckets::new();
        let error = copy(7, &buckets.read_file(), &buckets.write_file()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "there is no object 7 in the bucket behind `in`"
        );
    }

    #[test]
    fn of_two_files_for_one_object_the_one_opened_last_counts() {
        use std::io::Write as _;

        let buckets = Buckets::new();
        let write_file = buckets.write_file();
        let mut first = write_file("out", 7).unwrap();
        let mut last = write_file("out", 7).unwrap();
        first.write_all(b"first").unwrap();
        last.write_all(b"last").unwrap();
        assert_eq!(buckets.get("out", 7).as_deref(), Some(&b"last"[..]));
    }
}
