//! Accepting a finding: the `[[ignore]]` that covers it.

use std::sync::Arc;

use crate::{
    diagnostic::{Diagnostic, Edit, Fix},
    source::SourceFile,
};

/// Adds an `[[ignore]]` for a finding to a `slingshot.toml`; its reason is for the reader to write. `None` for a
/// finding that no `[[ignore]]` can be about.
pub fn accept(finding: &Diagnostic, map: &Arc<SourceFile>) -> Option<Fix> {
    let subject = finding.message.split('`').nth(1);
    let quotable = |text: &&str| !text.contains(['"', '\\']) && !text.contains(char::is_control);
    let subject = match subject {
        Some(subject) => {
            let subject = Some(subject).filter(quotable)?;
            format!("subject = \"{subject}\"\n")
        }
        None => String::new(),
    };
    let gap = match &*map.text {
        "" => "",
        text if text.ends_with('\n') => "\n",
        _ => "\n\n",
    };
    let rule = finding.rule.name;
    let text = format!("{gap}[[ignore]]\nrule = \"{rule}\"\n{subject}reason = \"\"\n");
    let end = map.text.len();
    let edit = Edit::new(&map.span(end..end), text);
    let title = format!("accept it: add an [[ignore]] for `{rule}`");
    Some(Fix::proposed(title, vec![edit]))
}
