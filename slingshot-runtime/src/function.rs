//! Ordinary functions as a service's process, without a macro.

use std::{fmt, sync::Arc};

use diesel::PgConnection;
#[cfg(feature = "async-postgres")]
use diesel_async::AsyncPgConnection;

use crate::{
    Bus, Delivery, ReadFileFn, SharedState, WriteFileFn,
    argument::{Argument, AsyncArgument, Needs, Parts},
    database::Client,
    registration::OutcomeFuture,
    returns::{Outcome, Returns},
};

/// A function, `async` or not, that takes arguments of a microservice, in any order, any subset.
///
/// `Marker` keeps the implementations apart: for each number of arguments one, and one for `async`. It
/// is inferred.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a microservice's function",
    label = "its arguments or its return type do not fit, or it is `async` and not `Send`",
    note = "the arguments are, in any order: `u64`, `&ReadFileFn`, `&WriteFileFn`, `&Delivery`, `&Bus`, `&SharedState`, and `&mut PgConnection` or, if it is `async`, `&mut AsyncPgConnection`",
    note = "it returns `()`, `(u64, C)`, `Option<(u64, C)>` or `Vec<(u64, C)>`, each bare or in a `Result`"
)]
pub trait Function<Marker>: Send + Sync + 'static {
    /// What its arguments need.
    const NEEDS: Needs;
    /// The type that it returns; what it waits for, if it is `async`.
    type Returns: Returns;

    /// Puts it behind a pointer.
    fn into_process(self) -> Process;
}

/// A service's function, ready to be called from any worker.
#[derive(Clone)]
pub enum Process {
    /// On a thread of its own.
    Sync(SharedCall),
    /// On the runtime.
    Async(SharedAsyncCall),
}

impl Process {
    /// Which PostgreSQL client it works with.
    pub(crate) fn client(&self) -> Client {
        match self {
            Self::Sync(_) => Client::Blocking,
            Self::Async(_) => Client::Async,
        }
    }
}

/// An ordinary function behind a pointer.
pub type SharedCall = Arc<dyn Fn(Parts<'_>) -> Outcome + Send + Sync>;

/// An `async` function behind a pointer.
pub(crate) type SharedAsyncCall = Arc<dyn for<'a> Fn(Parts<'a>) -> OutcomeFuture<'a> + Send + Sync>;

/// An argument type of an ordinary function, with its lifetime left open.
pub trait Parameter {
    /// The argument for one message.
    type Item<'a>: Argument<'a>;
}

/// An argument type of an `async` function, with its lifetime left open.
pub trait AsyncParameter {
    /// The argument for one message.
    type Item<'a>: AsyncArgument<'a>;
}

/// A function whose future borrows from its arguments: one lifetime, and the future's type for it.
///
/// A bound `for<'a> Fn(&'a ..) -> Future` cannot say that: it has one type for all lifetimes.
#[doc(hidden)]
pub trait Waiting<'a, Arguments> {
    type Returns: Returns;

    fn outcome(&self, arguments: Arguments) -> OutcomeFuture<'a>;
}

macro_rules! parameters {
    ($($kind:ident: $($argument:ty => $item:ty),* $(,)?;)*) => {$($(
        impl $kind for $argument {
            type Item<'a> = $item;
        }
    )*)*};
}

parameters! {
    Parameter:
        u64 => Self,
        &ReadFileFn => &'a ReadFileFn,
        &WriteFileFn => &'a WriteFileFn,
        &mut PgConnection => &'a mut PgConnection,
        &Delivery => &'a Delivery,
        &Bus => &'a Bus,
        &SharedState => &'a SharedState;
    AsyncParameter:
        u64 => Self,
        &ReadFileFn => &'a ReadFileFn,
        &WriteFileFn => &'a WriteFileFn,
        &Delivery => &'a Delivery,
        &Bus => &'a Bus,
        &SharedState => &'a SharedState;
}

#[cfg(feature = "async-postgres")]
impl AsyncParameter for &mut AsyncPgConnection {
    type Item<'a> = &'a mut AsyncPgConnection;
}

// Each implementation asks for the function twice: once with the types as they are written, from which
// the compiler infers the parameters, and once with any message's lifetime, which is how it is called.
// (The underscores are for the function of no arguments, which takes nothing.)
macro_rules! functions {
    ($([$($parameter:ident: $argument:ident)*])*) => {$(
        impl<F, R, $($parameter,)*> Function<fn($($parameter,)*) -> R> for F
        where
            F: Fn($($parameter,)*) -> R + for<'a> Fn($($parameter::Item<'a>,)*) -> R + Send + Sync + 'static,
            R: Returns,
            $($parameter: Parameter,)*
        {
            const NEEDS: Needs = Needs::NONE$(.and(<$parameter::Item<'static> as Argument<'static>>::NEEDS))*;
            type Returns = R;

            fn into_process(self) -> Process {
                Process::Sync(Arc::new(move |mut parts| {
                    let _parts = &mut parts;
                    self($($parameter::Item::take(_parts),)*).outcome()
                }))
            }
        }

        impl<'a, F, Fut, $($parameter,)*> Waiting<'a, ($($parameter,)*)> for F
        where
            F: Fn($($parameter,)*) -> Fut,
            Fut: Future<Output: Returns> + Send + 'a,
        {
            type Returns = Fut::Output;

            fn outcome(&self, ($($argument,)*): ($($parameter,)*)) -> OutcomeFuture<'a> {
                let future = self($($argument,)*);
                Box::pin(async move { future.await.outcome() })
            }
        }

        impl<F, Fut, R, $($parameter,)*> Function<(fn($($parameter,)*) -> R, Fut)> for F
        where
            F: Fn($($parameter,)*) -> Fut
                + for<'a> Waiting<'a, ($($parameter::Item<'a>,)*), Returns = R>
                + Send + Sync + 'static,
            Fut: Future<Output = R>,
            R: Returns,
            $($parameter: AsyncParameter,)*
        {
            const NEEDS: Needs = Needs::NONE$(.and(<$parameter::Item<'static> as Argument<'static>>::NEEDS))*;
            type Returns = R;

            fn into_process(self) -> Process {
                Process::Async(Arc::new(move |mut parts| {
                    let _parts = &mut parts;
                    Waiting::outcome(&self, ($(<$parameter::Item<'_> as Argument<'_>>::take(_parts),)*))
                }))
            }
        }
    )*};
}

functions! {
    []
    [A: a]
    [A: a B: b]
    [A: a B: b C: c]
    [A: a B: b C: c D: d]
    [A: a B: b C: c D: d E: e]
    [A: a B: b C: c D: d E: e G: g]
    [A: a B: b C: c D: d E: e G: g H: h]
}

/// What runs once before a service consumes.
#[derive(Clone)]
pub struct Startup {
    pub(crate) needs: Needs,
    pub(crate) process: Process,
}

/// Makes a startup function of any function that needs no message: it takes `&ReadFileFn`,
/// `&WriteFileFn` and a connection, and its results are routed like any others.
pub fn startup<Marker, F: Function<Marker>>(function: F) -> Startup {
    const {
        assert!(
            !F::NEEDS.message,
            "a startup function runs before any message: it takes `&ReadFileFn`, `&WriteFileFn` and \
             a connection only"
        );
    }
    Startup {
        needs: F::NEEDS,
        process: function.into_process(),
    }
}

impl fmt::Debug for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sync(_) => "Sync(..)",
            Self::Async(_) => "Async(..)",
        })
    }
}

impl fmt::Debug for Startup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Startup")
            .field("needs", &self.needs)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;
    use crate::{AnyError, ObjectReader};

    /// How a function is called, what it needs, and what comes of it.
    fn called<Marker, F: Function<Marker>>(function: F) -> String {
        let read_file = |key: &str, id| -> Result<ObjectReader, AnyError> {
            Err(format!("no object {id} behind {key}").into())
        };
        let write_file = |_: &str, _| Err("none".into());
        let delivery = Delivery::default();
        let parts = Parts {
            request: 7,
            read_file: Some(&read_file),
            write_file: Some(&write_file),
            files: None,
            connection: None,
            delivery: &delivery,
            bus: None,
        };
        let process = function.into_process();
        let outcome = match &process {
            Process::Sync(call) => call(parts),
            Process::Async(call) => call(parts).now_or_never().expect("nothing waits"),
        };
        let objects = if F::NEEDS.objects { "objects " } else { "" };
        let outcome = match outcome {
            Ok(outputs) => format!("{outputs:?}"),
            Err(error) => error.to_string(),
        };
        format!("{process:?} {objects}{outcome}")
    }

    fn reads(read_file: &ReadFileFn, request: u64) -> Result<Vec<(u64, bool)>, AnyError> {
        read_file("in", request)?;
        Ok(Vec::new())
    }

    async fn waits_and_reads(
        delivery: &Delivery,
        request: u64,
        read_file: &ReadFileFn,
    ) -> Result<(u64, bool), AnyError> {
        std::future::ready(delivery).await;
        read_file("in", request)?;
        Ok((request, delivery.redelivered()))
    }

    async fn nothing() {}

    #[test]
    fn functions_are_taken_as_they_are_async_or_not() {
        assert_eq!(called(reads), "Sync(..) objects no object 7 behind in");
        let waited = called(waits_and_reads);
        assert_eq!(waited, "Async(..) objects no object 7 behind in");
        assert_eq!(called(nothing), "Async(..) []");
        assert_eq!(called(|| ()), "Sync(..) []");
        let pair = "[(7, Bool(true))]";
        assert_eq!(called(|id: u64| (id, true)), format!("Sync(..) {pair}"));
        let closure = async |id: u64| (id, true);
        assert_eq!(called(closure), format!("Async(..) {pair}"));
        let future = |id: u64| async move { Some((id, true)) };
        assert_eq!(called(future), format!("Async(..) {pair}"));
    }
}
