//! Sugiyama's method, as far as it does not matter what is drawn with: ranks along the flow, longest path
//! first; an order within the ranks with few crossings; places that keep arrows straight. All lengths are
//! whole numbers, so that the same picture gives the same bytes everywhere.
//!
//! Sugiyama, Tagawa and Toda, "Methods for Visual Understanding of Hierarchical System Structures" (1981).

mod order;
mod ranks;
mod settle;

pub(super) use self::{
    order::{Links, order},
    ranks::{ranks, ways_back},
    settle::{Wish, settle},
};
