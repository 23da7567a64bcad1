//! The macros as their users meet them.

mod handlers;
mod messages;
mod services;
mod style;
