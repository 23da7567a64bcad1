//! `slingshot topology explain`: a rule's page, or what rules there are.

use slingshot_topology::{Family, RULES, Rule, did_you_mean, explain};

use crate::{
    Context,
    exit::{Exit, Failure},
};

/// # Errors
///
/// If there is no such rule.
pub(super) fn run(context: &Context, name: Option<&str>) -> Result<Exit, Failure> {
    let Some(name) = name else {
        context.printer.result(&list());
        return Ok(Exit::Clean);
    };
    let rule = known(name)?;
    context.printer.result(&rule.page());
    Ok(Exit::Clean)
}

/// The rule of a name.
///
/// # Errors
///
/// If there is none.
pub(super) fn known(name: &str) -> Result<&'static Rule, Failure> {
    explain(name).ok_or_else(|| {
        let failure = Failure::usage(format!("there is no rule `{name}`"));
        match did_you_mean(name, RULES.iter().map(|rule| rule.name)) {
            Some(meant) => failure.help(format!("did you mean `{meant}`?")),
            None => failure.help("`slingshot topology explain` lists them all"),
        }
    })
}

/// Every rule under its family's title: its name, its severity, what it catches.
fn list() -> String {
    let width = RULES.iter().map(|rule| rule.name.len()).max().unwrap_or(0);
    let line = |rule: &&Rule| {
        let (name, severity) = (rule.name, rule.severity.to_string());
        format!("  {name:width$}  {severity:7}  {}\n", rule.what)
    };
    let part = |(family, title): &(Family, &str)| {
        let rules = RULES.iter().filter(|rule| rule.family == *family);
        let lines: String = rules.map(line).collect();
        format!("{title}\n{lines}")
    };
    let parts: Vec<_> = Family::ALL.iter().map(part).collect();
    parts.join("\n")
}
