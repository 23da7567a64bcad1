//! The macros as their users meet them.

mod messages;
mod services;
mod style;
