//! Mistakes that only the system at work shows.

use super::Mistake;

pub(super) const MISTAKES: &[Mistake] = &[];
