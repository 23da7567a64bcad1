//! Mistakes in a saved sys-map.

use super::Mistake;

pub(super) const MISTAKES: &[Mistake] = &[];
