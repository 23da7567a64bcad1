//! `slingshot topology schema`: the JSON Schemas of what people write and programs read.

use slingshot_topology::SCHEMAS;

use crate::{
    Context,
    exit::{Exit, Failure},
};

/// # Errors
///
/// If there is no such schema.
pub(super) fn run(context: &Context, name: Option<&str>) -> Result<Exit, Failure> {
    let names: Vec<_> = SCHEMAS.iter().map(|schema| schema.name).collect();
    let Some(name) = name else {
        context.printer.result(&names.join("\n"));
        return Ok(Exit::Clean);
    };
    let Some(schema) = SCHEMAS.iter().find(|schema| schema.name == name) else {
        return Err(Failure::usage(format!("there is no schema `{name}`"))
            .help(format!("the schemas are: {}", names.join(", "))));
    };
    context.printer.result(schema.text);
    Ok(Exit::Clean)
}
