//! Two systems beside each other: what changes, what that does to the messages on their way, and in which
//! order to deploy it.

mod comparison;
mod engines;

pub(crate) use self::{
    comparison::{Comparison, Kept, bare, is_drained, only_in, targets},
    engines::{MovedEngine, moved_engines},
};
