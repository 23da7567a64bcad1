//! What an annotation and the sys-map both write, and mean the same by: retries and durations.
//!
//! The macros read them from tokens and the sys-map's readers from TOML and JSON. The words, the
//! bounds and the defaults are here once; where a mistake stands is each reader's to say.

pub mod duration;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod retry;

pub use retry::Retry;
