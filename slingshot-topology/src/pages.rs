//! The generated pages of the documentation.

use crate::{
    rule::{Family, Rule},
    rules::RULES,
};

/// A generated page of the documentation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Its path below `docs`.
    pub path: String,
    /// Its text, in Markdown.
    pub text: String,
}

/// Every generated page: `rules.md`, which lists the rules, and one for each.
pub fn pages() -> Vec<Page> {
    let of_rule = |rule: &&Rule| Page {
        path: format!("rules/{}.md", rule.name),
        text: format!("{}\n", rule.page().trim_end()),
    };
    let list = Page {
        path: "rules.md".to_owned(),
        text: list(),
    };
    std::iter::once(list)
        .chain(RULES.iter().map(of_rule))
        .collect()
}

fn list() -> String {
    let mut out = PREFACE.to_owned();
    for (family, title) in Family::ALL {
        let rules = RULES.iter().filter(|rule| rule.family == family);
        let row = |rule: &&Rule| {
            let Rule {
                name,
                severity,
                confidence,
                persona,
                what,
                ..
            } = rule;
            format!(
                "| [{name}](rules/{name}.md) | {severity} | {confidence} | {persona} | {what} |\n"
            )
        };
        let rows: String = rules.map(row).collect();
        let head =
            "| rule | severity | confidence | persona | what it catches |\n|---|---|---|---|---|\n";
        out.extend(["\n## ", title, "\n\n", head, &rows]);
    }
    out
}

const PREFACE: &str = "# Rules

What `slingshot topology check` looks for. `slingshot topology explain RULE` prints a rule's page. Errors and warnings
are shown unless asked otherwise, remarks (`info`) on request. A rule of the persona `pedantic` or `auditor` speaks
only to those who ask for that persona.

This page and those of the rules are generated from `slingshot-topology/src/rules`. Every example on them is run by a
test.
";
