//! `--select` and `--exclude`: which services a command is about.

use clap::Args;
use slingshot_topology::{Selection, System, select::Mistake};

use crate::{
    Context,
    exit::{Exit, Failure},
};

/// The options that select services.
#[derive(Debug, Args)]
#[command(next_help_heading = "Selection")]
pub(super) struct SelectArguments {
    /// Only these services: names (with * and ?), tag:T, queue:Q, bucket:B, component:NAME; +x and x+ add
    /// what feeds it and what it feeds, 2+x+1 so many steps of that, @x what it feeds and all that feeds
    /// those; a space is "or", a comma "and" [default: all]
    #[arg(long, value_name = "EXPR")]
    select: Vec<String>,

    /// All but these
    #[arg(long, value_name = "EXPR")]
    exclude: Vec<String>,
}

impl SelectArguments {
    /// The services that are meant; `None` if all are.
    ///
    /// # Errors
    ///
    /// If an expression is wrong, or all of them together mean no service.
    pub(super) fn of<'s>(
        &self,
        context: &Context,
        system: &'s System,
    ) -> Result<Option<Selection<'s>>, Failure> {
        if self.select.is_empty() && self.exclude.is_empty() {
            return Ok(None);
        }
        let selection = Selection::of(system, &self.select, &self.exclude).map_err(|error| {
            let exit = match error.mistake {
                Mistake::UnknownName { .. } => Exit::NoInput,
                Mistake::Malformed(_) | Mistake::UnknownMethod { .. } => Exit::Usage,
            };
            let failure = Failure::new(exit, error.to_string());
            match error.help() {
                Some(help) => failure.help(help),
                None => failure,
            }
        })?;
        if selection.is_empty() {
            return Err(
                Failure::new(Exit::NoInput, "no service is selected").help(format!(
                    "all there are: {}",
                    context.command(&["topology", "ls"])
                )),
            );
        }
        Ok(Some(selection))
    }
}
