//! `slingshot topology explain`: a rule's page.

use crate::{
    Context,
    exit::{Exit, Failure},
};

/// # Errors
///
/// If there is no such rule.
pub(super) fn run(context: &Context, name: &str) -> Result<Exit, Failure> {
    let rules = slingshot_topology::RULES;
    let Some(rule) = rules.iter().find(|rule| rule.name == name) else {
        let names: Vec<_> = rules.iter().map(|rule| rule.name).collect();
        return Err(Failure::usage(format!("there is no rule `{name}`"))
            .help(format!("the rules are: {}", names.join(", "))));
    };
    context.printer.result(&rule.page());
    Ok(Exit::Clean)
}
