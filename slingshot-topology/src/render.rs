//! Diagnostics as text for people, and in the formats of the programs that read them.

mod concise;
mod excerpt;
mod github;
mod gitlab;
mod json;
mod junit;
mod sarif;
mod summary;
mod text;
mod visible;

pub(crate) use self::junit::clean;
pub use self::{
    concise::concise,
    github::github,
    gitlab::gitlab,
    json::{json, jsonl},
    junit::junit,
    sarif::sarif,
    summary::Summary,
    text::text,
    visible::{columns, visible, visible_in_line},
};

#[cfg(test)]
mod tests;
