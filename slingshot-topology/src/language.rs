//! What an editor asks of a system and its code: which name stands where, what it means, how it is
//! changed everywhere, and what could stand in its place.

mod accept;
mod complete;
mod fields;
mod hover;
mod index;
mod moved;
mod rename;
mod symbol;
#[cfg(test)]
mod tests;

pub use self::{
    accept::accept,
    complete::{Completion, complete},
    fields::{fields, values},
    hover::hover,
    index::{Index, Mention, Role},
    moved::Moved,
    rename::{RenameError, renamable, rename},
    symbol::Symbol,
};
