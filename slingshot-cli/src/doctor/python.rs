//! The Python that runs the scripts of a project, and what it has of what they need.

use super::{
    finding::Finding,
    system::{Examined, LISTED},
};
use crate::{
    Context,
    python::{Outlook, There},
};

const PYTHON: &str = "python";
const PACKAGE: &str = "slingshot-microservice";
/// What scripts and this command speak with one another is that of one version.
const OURS: &str = env!("CARGO_PKG_VERSION");

/// Nothing where no script is named.
pub(super) async fn python(context: &Context, examined: &Examined) -> Vec<Finding> {
    let mut findings = examined.code.found.clone();
    let Some(project) = examined
        .project
        .as_ref()
        .filter(|_| examined.code.scripts > 0)
    else {
        return findings;
    };
    match Outlook::of(context, project).await {
        Err(failure) => findings.push(Finding::of(PYTHON, &failure)),
        Ok(Outlook::Made {
            place,
            version,
            file,
        }) => {
            let words =
                format!("slingshot run makes {place} of Python {version}, with what {file} names");
            findings.push(Finding::not_looked_at(PYTHON, words));
        }
        Ok(Outlook::There(there)) => {
            let mut words = there.python();
            if there.is_active {
                words += ", which is active";
            }
            findings.push(Finding::fine(PYTHON, words));
            findings.push(package(&there));
            findings.extend(database(examined, &there));
        }
    }
    findings
}

fn package(there: &There) -> Finding {
    match there.package() {
        Ok(OURS) => Finding::fine(PACKAGE, format!("{OURS}, as this command")),
        Ok(version) => {
            let words = format!("{version}, and this command is {OURS}");
            let help = format!(
                "take the same of both: {}",
                there.install(&format!("{PACKAGE}=={OURS}"))
            );
            Finding::doubtful(PACKAGE, words, help)
        }
        Err(failure) => Finding::of(PACKAGE, &failure),
    }
}

/// What a `connection` is made of, where a function takes one.
fn database(examined: &Examined, there: &There) -> Option<Finding> {
    let services = examined.code.services.values();
    let takers = services.filter(|it| it.is_python && it.connection);
    let takers: Vec<_> = takers.map(|it| format!("`{}`", it.name)).collect();
    let shown = match takers.len() {
        0 => return None,
        1..=LISTED => takers.join(", "),
        many => format!("{} and {} more", takers[..LISTED].join(", "), many - LISTED),
    };
    Some(match there.database() {
        Ok(words) => Finding::fine(
            "sqlalchemy",
            format!("{words}, for the `connection` of {shown}"),
        ),
        Err(words) => Finding::wrong(
            "sqlalchemy",
            format!("{words}, which the `connection` of {shown} needs"),
            format!(
                "take both: {}",
                there.install(&format!("{PACKAGE}[database]"))
            ),
        ),
    })
}
