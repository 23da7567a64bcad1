//! JSON Schemas of the files that people write and of the reports that programs read.
//!
//! Editors complete and check with them as one types; the rules say more, and are what decides.

/// A schema and what it is of.
#[derive(Clone, Copy, Debug)]
pub struct Schema {
    /// Its name: the file's in `slingshot-topology/schemas`, without the extension.
    pub name: &'static str,
    /// The schema, JSON Schema 2020-12.
    pub text: &'static str,
}

/// Every schema, by name.
pub const SCHEMAS: &[Schema] = &[
    Schema {
        name: "diagnostics",
        text: include_str!("../schemas/diagnostics.json"),
    },
    Schema {
        name: "slingshot-toml",
        text: include_str!("../schemas/slingshot-toml.json"),
    },
    Schema {
        name: "sys-map",
        text: include_str!("../schemas/sys-map.json"),
    },
];

#[cfg(test)]
mod tests;
