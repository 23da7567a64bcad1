//! The command line as a user meets it: transcripts, and processes that really run and die.

#[path = "it/commands.rs"]
mod commands;
#[path = "it/project.rs"]
mod project;
#[path = "it/supervision.rs"]
mod supervision;
#[path = "it/transcript.rs"]
mod transcript;
