//! What annotated functions take.
//!
//! An argument is known by the last name of its type. An alias is refused: the source scan could
//! not see through it, and what the macros take is what the scan sees.

use std::fmt;

use syn::{Ident, Type};

use crate::{
    Mistakes,
    types::{bare, last_name},
};

/// One argument.
#[derive(Clone, Debug)]
pub struct Argument {
    /// The name in the signature, unless it is a pattern.
    pub name: Option<Ident>,
    /// The type as written.
    pub ty: Type,
    /// What the type says; `None` for a type that no annotated function takes.
    pub kind: Option<ArgumentKind>,
}

/// What an annotated function can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArgumentKind {
    /// The id.
    Request,
    /// Objects to read.
    ReadFile,
    /// Objects to write.
    WriteFile,
    /// The database, for a function on a thread of its own.
    Connection,
    /// The database, for an `async` function.
    AsyncConnection,
    /// The message around the id.
    Delivery,
    /// A request's data as text of its own.
    Text,
    /// A request's data as borrowed text.
    BorrowedText,
    /// A request's data as a type of the user's.
    Json,
    /// A request's data as bytes.
    Bytes,
    /// A request's data as it came.
    Payload,
    /// Who asks.
    Source,
    /// The other handlers.
    Bus,
    /// What handlers and services keep together.
    SharedState,
    /// A request's headers.
    RequestHead,
    /// The queues of the system.
    Queues,
    /// A file that comes in.
    Upload,
    /// The file that is asked for.
    FileId,
}

/// Who takes what: a service, a handler.
#[derive(Debug)]
pub(crate) struct Taker {
    /// As messages call it, with its article.
    pub(crate) noun: &'static str,
    pub(crate) kinds: &'static [ArgumentKind],
    /// The kinds, as messages list them.
    pub(crate) listed: &'static str,
}

/// How the type of an argument is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Owned,
    Shared,
    Mutable,
}

impl ArgumentKind {
    const ALL: [Self; 18] = [
        Self::Request,
        Self::ReadFile,
        Self::WriteFile,
        Self::Connection,
        Self::AsyncConnection,
        Self::Delivery,
        Self::Text,
        Self::BorrowedText,
        Self::Json,
        Self::Bytes,
        Self::Payload,
        Self::Source,
        Self::Bus,
        Self::SharedState,
        Self::RequestHead,
        Self::Queues,
        Self::Upload,
        Self::FileId,
    ];

    /// As it is written in a signature.
    fn form(self) -> (Form, &'static str) {
        match self {
            Self::Request => (Form::Owned, "u64"),
            Self::ReadFile => (Form::Shared, "ReadFileFn"),
            Self::WriteFile => (Form::Shared, "WriteFileFn"),
            Self::Connection => (Form::Mutable, "PgConnection"),
            Self::AsyncConnection => (Form::Mutable, "AsyncPgConnection"),
            Self::Delivery => (Form::Shared, "Delivery"),
            Self::Text => (Form::Owned, "String"),
            Self::BorrowedText => (Form::Shared, "str"),
            Self::Json => (Form::Owned, "Json"),
            Self::Bytes => (Form::Owned, "Bytes"),
            Self::Payload => (Form::Owned, "Payload"),
            Self::Source => (Form::Owned, "Source"),
            Self::Bus => (Form::Shared, "Bus"),
            Self::SharedState => (Form::Shared, "SharedState"),
            Self::RequestHead => (Form::Shared, "RequestHead"),
            Self::Queues => (Form::Shared, "Queues"),
            Self::Upload => (Form::Owned, "Upload"),
            Self::FileId => (Form::Owned, "FileId"),
        }
    }

    fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.form().1 == name)
    }

    /// The kind that a correctly spelled type says.
    fn of(ty: &Type) -> Option<Self> {
        let (form, name) = match bare(ty) {
            Type::Reference(reference) if reference.mutability.is_some() => {
                (Form::Mutable, last_name(&reference.elem)?)
            }
            Type::Reference(reference) => (Form::Shared, last_name(&reference.elem)?),
            owned => (Form::Owned, last_name(owned)?),
        };
        Self::of_name(&name).filter(|kind| kind.form().0 == form)
    }

    /// Whether it is the one thing that a request brings.
    fn is_data(self) -> bool {
        matches!(
            self,
            Self::Text | Self::BorrowedText | Self::Json | Self::Bytes | Self::Payload
        )
    }
}

/// As it is written in a signature.
impl fmt::Display for ArgumentKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (form, name) = self.form();
        f.write_str(match form {
            Form::Owned => "",
            Form::Shared => "&",
            Form::Mutable => "&mut ",
        })?;
        f.write_str(name)?;
        f.write_str(if *self == Self::Json { "<T>" } else { "" })
    }
}

impl Argument {
    pub(crate) fn new(name: Option<Ident>, ty: &Type) -> Self {
        Self {
            name,
            ty: ty.clone(),
            kind: ArgumentKind::of(ty),
        }
    }

    /// Reports what is wrong with the argument after the earlier ones.
    pub(crate) fn check(
        &self,
        earlier: &[Self],
        is_async: bool,
        taker: &Taker,
        mistakes: &mut Mistakes,
    ) {
        let mistake = match self.kind.filter(|kind| taker.kinds.contains(kind)) {
            None => Some(taker.refusal(&self.ty)),
            Some(kind) => repeated(kind, earlier).or_else(|| wrong_connection(kind, is_async)),
        };
        if let Some(mistake) = mistake {
            mistakes.at(&self.ty, mistake);
        }
    }
}

fn repeated(kind: ArgumentKind, earlier: &[Argument]) -> Option<String> {
    let mut earlier = earlier.iter().filter_map(|argument| argument.kind);
    if earlier.clone().any(|other| other == kind) {
        return Some(format!(
            "arguments are told apart by their type: keep one `{kind}`"
        ));
    }
    let other = earlier.find(|other| other.is_data() && kind.is_data())?;
    Some(format!(
        "a request brings its data once, and `{other}` takes it: keep that or `{kind}`"
    ))
}

fn wrong_connection(kind: ArgumentKind, is_async: bool) -> Option<String> {
    let mistake = match kind {
        ArgumentKind::Connection if is_async => {
            "`&mut PgConnection` blocks its thread: take `&mut AsyncPgConnection`, or remove \
             `async`, so that the function has a thread of its own"
        }
        ArgumentKind::AsyncConnection if !is_async => {
            "`&mut AsyncPgConnection` has to be waited for: make the function `async`, or take \
             `&mut PgConnection`"
        }
        _ => return None,
    };
    Some(mistake.to_owned())
}

impl Taker {
    /// What to say of a type that is not taken.
    fn refusal(&self, ty: &Type) -> String {
        const NUMBERS: [&str; 11] = [
            "u8", "u16", "u32", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize",
        ];
        let Self { noun, listed, .. } = self;
        let inner = match bare(ty) {
            Type::Reference(reference) => &reference.elem,
            other => other,
        };
        let Some(name) = last_name(inner) else {
            return format!("{noun} takes {listed}, spelled like this");
        };
        match ArgumentKind::of_name(&name) {
            Some(kind) if self.kinds.contains(&kind) => {
                format!("take this argument as `{kind}`")
            }
            None if NUMBERS.contains(&&*name) && self.kinds.contains(&ArgumentKind::Request) => {
                "a request is a `u64`; take it as that and convert it in the body".to_owned()
            }
            _ => format!("{noun} cannot take `{name}`: it takes {listed}, spelled like this"),
        }
    }
}
