//! What a function may take: by type, in any order, any subset.

use diesel::PgConnection;
#[cfg(feature = "async-postgres")]
use diesel_async::AsyncPgConnection;

use std::sync::Arc;

use crate::{
    Bus, Delivery, ReadFileFn, SharedState, WriteFileFn, database::Connection,
    objects::MessageFiles,
};

/// Everything that one message offers to the function; each argument takes its part.
#[expect(
    missing_debug_implementations,
    reason = "holds functions and a database connection"
)]
pub struct Parts<'a> {
    /// The id that the message carries.
    pub request: u64,
    /// Opens objects for reading; there when the function needs objects.
    pub read_file: Option<&'a ReadFileFn>,
    /// Opens objects for writing; there when the function needs objects.
    pub write_file: Option<&'a WriteFileFn>,
    /// Both of them, for who cannot borrow; there when the function needs objects.
    pub files: Option<&'a Arc<MessageFiles>>,
    /// The message's database connection, with its transaction begun; there when the function needs
    /// one, and gone once taken.
    pub connection: Option<&'a mut Connection>,
    /// What the broker said of the message.
    pub delivery: &'a Delivery,
    /// The handlers, and the shared state.
    pub bus: Option<&'a Bus>,
}

/// What a function's arguments need to be set up. What nothing needs is never connected to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is needed or not, whatever else is"
)]
pub struct Needs {
    /// The object store.
    pub objects: bool,
    /// A PostgreSQL connection.
    pub database: bool,
    /// A message: there is none when a startup function runs.
    pub message: bool,
    /// The message's headers: they are copied only for who looks at them.
    pub headers: bool,
}

impl Needs {
    /// Nothing.
    pub const NONE: Self = Self {
        objects: false,
        database: false,
        message: false,
        headers: false,
    };
    const OBJECTS: Self = Self {
        objects: true,
        ..Self::NONE
    };
    const DATABASE: Self = Self {
        database: true,
        ..Self::NONE
    };
    const MESSAGE: Self = Self {
        message: true,
        ..Self::NONE
    };

    const HEADERS: Self = Self {
        headers: true,
        ..Self::NONE
    };

    /// What either needs.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            objects: self.objects || other.objects,
            database: self.database || other.database,
            message: self.message || other.message,
            headers: self.headers || other.headers,
        }
    }
}

/// A type that a microservice's function may take.
#[diagnostic::on_unimplemented(
    message = "a microservice cannot take `{Self}`",
    label = "not something that a message offers",
    note = "the arguments are, in any order: `u64`, `&ReadFileFn`, `&WriteFileFn`, `&mut PgConnection`, `&Delivery`, `&Bus`, `&SharedState`"
)]
pub trait Argument<'a>: Sized {
    /// What has to be set up for it.
    const NEEDS: Needs;

    /// Takes it from what the message offers.
    fn take(parts: &mut Parts<'a>) -> Self;
}

/// An argument that an `async` function may take too.
#[diagnostic::on_unimplemented(
    message = "an `async` microservice cannot take `{Self}`",
    label = "not something that an `async` function gets",
    note = "`&mut PgConnection` blocks its thread: take `&mut AsyncPgConnection`, or write the function without `async`, and it runs on a thread of its own",
    note = "the arguments are, in any order: `u64`, `&ReadFileFn`, `&WriteFileFn`, `&mut AsyncPgConnection`, `&Delivery`, `&Bus`, `&SharedState`"
)]
pub trait AsyncArgument<'a>: Argument<'a> {}

const BUS_IS_THERE: &str = "every service of a process gets its bus";
const OBJECTS_ARE_THERE: &str = "a function that needs objects gets them";
const CONNECTION_IS_THERE: &str =
    "a function that needs the database gets a connection of its kind, and takes it once";

/// [`Argument::take`] for `async` functions.
pub fn take_async<'a, A: AsyncArgument<'a>>(parts: &mut Parts<'a>) -> A {
    A::take(parts)
}

impl<'a> Argument<'a> for u64 {
    const NEEDS: Needs = Needs::MESSAGE;

    fn take(parts: &mut Parts<'a>) -> Self {
        parts.request
    }
}

impl<'a> Argument<'a> for &'a ReadFileFn {
    const NEEDS: Needs = Needs::OBJECTS;

    fn take(parts: &mut Parts<'a>) -> Self {
        parts.read_file.expect(OBJECTS_ARE_THERE)
    }
}

impl<'a> Argument<'a> for &'a WriteFileFn {
    const NEEDS: Needs = Needs::OBJECTS;

    fn take(parts: &mut Parts<'a>) -> Self {
        parts.write_file.expect(OBJECTS_ARE_THERE)
    }
}

impl<'a> Argument<'a> for &'a mut PgConnection {
    const NEEDS: Needs = Needs::DATABASE;

    fn take(parts: &mut Parts<'a>) -> Self {
        let connection = parts.connection.take().and_then(Connection::blocking);
        connection.expect(CONNECTION_IS_THERE)
    }
}

#[cfg(feature = "async-postgres")]
impl<'a> Argument<'a> for &'a mut AsyncPgConnection {
    const NEEDS: Needs = Needs::DATABASE;

    fn take(parts: &mut Parts<'a>) -> Self {
        let connection = parts.connection.take().and_then(Connection::asynchronous);
        connection.expect(CONNECTION_IS_THERE)
    }
}

impl<'a> Argument<'a> for &'a Delivery {
    const NEEDS: Needs = Needs::MESSAGE.and(Needs::HEADERS);

    fn take(parts: &mut Parts<'a>) -> Self {
        parts.delivery
    }
}

impl<'a> Argument<'a> for &'a Bus {
    const NEEDS: Needs = Needs::NONE;

    fn take(parts: &mut Parts<'a>) -> Self {
        parts.bus.expect(BUS_IS_THERE)
    }
}

impl<'a> Argument<'a> for &'a SharedState {
    const NEEDS: Needs = Needs::NONE;

    fn take(parts: &mut Parts<'a>) -> Self {
        parts.bus.expect(BUS_IS_THERE).state()
    }
}

impl AsyncArgument<'_> for u64 {}
impl<'a> AsyncArgument<'a> for &'a Bus {}
impl<'a> AsyncArgument<'a> for &'a SharedState {}
impl<'a> AsyncArgument<'a> for &'a ReadFileFn {}
impl<'a> AsyncArgument<'a> for &'a WriteFileFn {}
#[cfg(feature = "async-postgres")]
impl<'a> AsyncArgument<'a> for &'a mut AsyncPgConnection {}
impl<'a> AsyncArgument<'a> for &'a Delivery {}
