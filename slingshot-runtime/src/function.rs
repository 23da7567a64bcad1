//! Ordinary functions as a service's process, without a macro.

use std::{fmt, sync::Arc};

use diesel::PgConnection;

use crate::{
    Delivery, ReadFileFn, WriteFileFn,
    argument::{Argument, Needs, Parts},
    returns::{Outcome, Returns},
};

/// A function (not `async`) that takes arguments of a microservice, in any order, any subset.
///
/// `Marker` keeps the implementations for different numbers of arguments apart; it is inferred.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a microservice's function",
    label = "its arguments or its return type do not fit",
    note = "the arguments are, in any order: `u64`, `&ReadFileFn`, `&WriteFileFn`, `&mut PgConnection`, `&Delivery`",
    note = "it returns `()`, `(u64, C)`, `Option<(u64, C)>` or `Vec<(u64, C)>`, each bare or in a `Result`"
)]
pub trait Function<Marker>: Send + Sync + 'static {
    /// What its arguments need.
    const NEEDS: Needs;
    /// The type that it returns.
    type Returns: Returns;

    /// Calls it with what one message offers.
    fn call(&self, parts: Parts<'_>) -> Self::Returns;
}

/// An argument type with its lifetime left open.
pub trait Parameter {
    /// The argument for one message.
    type Item<'a>: Argument<'a>;
}

impl Parameter for u64 {
    type Item<'a> = Self;
}

impl Parameter for &ReadFileFn {
    type Item<'a> = &'a ReadFileFn;
}

impl Parameter for &WriteFileFn {
    type Item<'a> = &'a WriteFileFn;
}

impl Parameter for &mut PgConnection {
    type Item<'a> = &'a mut PgConnection;
}

impl Parameter for &Delivery {
    type Item<'a> = &'a Delivery;
}

// Each implementation asks for the function twice: once with the types as they are written, from which
// the compiler infers the parameters, and once with any message's lifetime, which is how it is called.
macro_rules! functions {
    ($([$($parameter:ident)*])*) => {$(
        impl<F, R, $($parameter,)*> Function<fn($($parameter,)*) -> R> for F
        where
            F: Fn($($parameter,)*) -> R + for<'a> Fn($($parameter::Item<'a>,)*) -> R + Send + Sync + 'static,
            R: Returns,
            $($parameter: Parameter,)*
        {
            const NEEDS: Needs = Needs::NONE$(.and(<$parameter::Item<'static> as Argument<'static>>::NEEDS))*;
            type Returns = R;

            fn call(&self, mut parts: Parts<'_>) -> R {
                // The underscore is for the function of no arguments, which takes none.
                let _parts = &mut parts;
                self($($parameter::Item::take(_parts),)*)
            }
        }
    )*};
}

functions! {
    []
    [A]
    [A B]
    [A B C]
    [A B C D]
    [A B C D E]
}

/// What runs once before a service consumes.
#[derive(Clone)]
pub struct Startup {
    pub(crate) needs: Needs,
    pub(crate) call: SharedCall,
}

/// A function behind a pointer, ready to be called from any worker.
pub(crate) type SharedCall = Arc<dyn Fn(Parts<'_>) -> Outcome + Send + Sync>;

/// Makes a startup function of any function that needs no message: it takes `&ReadFileFn`,
/// `&WriteFileFn` and `&mut PgConnection`, and its results are routed like any others.
pub fn startup<Marker, F: Function<Marker>>(function: F) -> Startup {
    const {
        assert!(
            !F::NEEDS.message,
            "a startup function runs before any message: it takes `&ReadFileFn`, `&WriteFileFn` and \
             `&mut PgConnection` only"
        );
    }
    Startup {
        needs: F::NEEDS,
        call: shared(function),
    }
}

/// Puts a function behind a pointer.
pub(crate) fn shared<Marker, F: Function<Marker>>(function: F) -> SharedCall {
    Arc::new(move |parts| function.call(parts).outcome())
}

impl fmt::Debug for Startup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Startup")
            .field("needs", &self.needs)
            .finish_non_exhaustive()
    }
}
