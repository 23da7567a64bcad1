//! The arguments that reach outside, what can be done with them, and what is said where that is not seen.

use crate::{Argument, ArgumentKind};

/// What is done with something that has a name outside of the code: a bucket's key, a handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AccessKind {
    /// A key is read, through `&ReadFileFn`.
    Read,
    /// A key is written, through `&WriteFileFn`.
    Write,
    /// A handler is asked and its reply awaited, through `&Bus`.
    Publish,
    /// A handler is told, and nothing awaited, through `&Bus`.
    Dispatch,
    /// A service is sent ids, through `&Queues`.
    Send,
}

/// The arguments that are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::scan) enum Accessor {
    ReadFile,
    WriteFile,
    Bus,
    Queues,
}

impl AccessKind {
    /// The argument that it is done with.
    pub(in crate::scan) fn accessor(self) -> Accessor {
        match self {
            Self::Read => Accessor::ReadFile,
            Self::Write => Accessor::WriteFile,
            Self::Publish | Self::Dispatch => Accessor::Bus,
            Self::Send => Accessor::Queues,
        }
    }

    pub(super) fn of_method(accessor: Accessor, name: &str) -> Option<Self> {
        match (accessor, name) {
            (Accessor::Bus, "publish" | "blocking_publish") => Some(Self::Publish),
            (Accessor::Bus, "dispatch" | "blocking_dispatch") => Some(Self::Dispatch),
            (Accessor::Queues, "send" | "send_all") => Some(Self::Send),
            _ => None,
        }
    }
}

impl Accessor {
    pub(in crate::scan) fn of(argument: &Argument) -> Option<Self> {
        match argument.kind? {
            ArgumentKind::ReadFile => Some(Self::ReadFile),
            ArgumentKind::WriteFile => Some(Self::WriteFile),
            ArgumentKind::Bus => Some(Self::Bus),
            ArgumentKind::Queues => Some(Self::Queues),
            _ => None,
        }
    }

    /// Whether what is done with it names a bucket's key.
    pub(in crate::scan) fn uses_keys(self) -> bool {
        matches!(self, Self::ReadFile | Self::WriteFile)
    }

    /// What to say of a call whose name is computed.
    pub(in crate::scan) fn unknown_name(self) -> &'static str {
        match self {
            Self::ReadFile | Self::WriteFile => "the key of this call is no literal",
            Self::Bus => "the handler of this call is no literal; whether there is one is not seen",
            Self::Queues => {
                "the service of this call is no literal; whether there is one is not seen"
            }
        }
    }

    /// What to say of anything else than a call.
    pub(super) fn unknown_use(self) -> &'static str {
        match self {
            Self::ReadFile | Self::WriteFile => {
                "this use is not followed; which keys it names is not seen"
            }
            Self::Bus => "this use is not followed; which handlers it calls is not seen",
            Self::Queues => "this use is not followed; which services it sends to is not seen",
        }
    }

    /// What to say of a function that is not found.
    pub(in crate::scan) fn unknown_callee(self, name: &str) -> String {
        match self {
            Self::ReadFile | Self::WriteFile => format!("the keys that `{name}` uses are not seen"),
            Self::Bus => format!("the handlers that `{name}` calls are not seen"),
            Self::Queues => format!("the services that `{name}` sends to are not seen"),
        }
    }

    /// What makes it seen.
    pub(in crate::scan) fn help(self) -> &'static str {
        match self {
            Self::ReadFile | Self::WriteFile => {
                "say the service's keys in its annotation: `reads(\"..\")`, `writes(\"..\")`"
            }
            Self::Bus => {
                "name the handler by a literal or a constant, in the function or in one of its crate"
            }
            Self::Queues => {
                "name the service by a literal or a constant, in the function or in one of its crate"
            }
        }
    }
}
