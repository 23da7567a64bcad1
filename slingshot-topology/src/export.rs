//! A system in the forms that others read: a broker, the tools of AsyncAPI, a sys-map's client.

mod asyncapi;
mod definitions;
mod sys_map;
#[cfg(test)]
mod tests;

pub use self::{asyncapi::asyncapi, definitions::definitions, sys_map::sys_map};
