//! `slingshot topology graph`: the routes, drawn.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use slingshot_topology::graph;

use super::Declared;
use crate::{
    Context,
    exit::{Exit, Failure},
};

/// The options of `slingshot topology graph`.
#[derive(Debug, Args)]
pub(crate) struct GraphArguments {
    /// As for `topology check`
    path: Option<PathBuf>,

    /// How to draw
    #[arg(long, value_enum, default_value = "mermaid")]
    format: Picture,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Picture {
    /// For Markdown
    Mermaid,
    /// For Graphviz
    Dot,
    /// An image
    Svg,
}

/// # Errors
///
/// If there is no system to look at, or it cannot be read.
pub(super) fn run(context: &Context, arguments: &GraphArguments) -> Result<Exit, Failure> {
    let (system, _) = Declared::at(context, arguments.path.as_deref())?.read();
    context.printer.result(&match arguments.format {
        Picture::Mermaid => graph::mermaid(&system),
        Picture::Dot => graph::dot(&system),
        Picture::Svg => graph::svg(&system),
    });
    Ok(Exit::Clean)
}
