//! Diagnostics as text for people, as JSON for programs, and as GitHub's workflow commands.

mod github;
mod json;
mod summary;
mod text;

pub use self::{github::github, json::json, summary::Summary, text::text};

#[cfg(test)]
mod tests;
