//! Interpreters: which there are, how old they are, and whether they have the package of services.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use serde::Deserialize;
use tokio::{process::Command, time::timeout};

use crate::exit::Failure;

/// The oldest Python that the package runs on.
const OLDEST: [u32; 2] = [3, 9];
/// What interpreters are called, in the order in which they are taken.
const NAMES: [&str; 8] = [
    "python3",
    "python3.14",
    "python3.13",
    "python3.12",
    "python3.11",
    "python3.10",
    "python3.9",
    "python",
];
/// An interpreter that says nothing for so long hangs.
const TIME: Duration = Duration::from_secs(30);
const INSTALL: &str =
    "install Python 3.9 or newer, from the system's packages or https://www.python.org/downloads";
/// What any Python answers, however old: what it is, and what it has.
const QUESTION: &str = "
import json, sys
answer = {'version': list(sys.version_info[:3]), 'package': None, 'describes': False, 'broken': None, 'others': {}}
try:
    import slingshot_microservice
    try:
        import importlib.metadata as metadata
        answer['package'] = metadata.version('slingshot-microservice')
    except Exception:
        answer['package'] = 'unknown'
    import importlib.util
    answer['describes'] = importlib.util.find_spec('slingshot_microservice.__main__') is not None
except ImportError as error:
    if getattr(error, 'name', None) != 'slingshot_microservice':
        answer['broken'] = str(error)
for name in sys.argv[1:]:
    try:
        answer['others'][name] = {'version': str(getattr(__import__(name), '__version__', '')).split(' ')[0]}
    except ImportError as error:
        if getattr(error, 'name', None) != name:
            answer['others'][name] = {'broken': str(error).strip().split('\\n')[0].rstrip('.')}
print(json.dumps(answer))
";

/// What an interpreter says of itself.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) interpreter: PathBuf,
    pub(super) version: [u32; 3],
    answer: Answer,
}

#[derive(Clone, Debug, Deserialize)]
struct Answer {
    version: [u32; 3],
    /// The version of the package, where there is one.
    package: Option<String>,
    /// Whether the package knows what the CLI asks it.
    describes: bool,
    /// Why the package that is there cannot be imported.
    broken: Option<String>,
    /// The other modules that were asked for, as far as they are there.
    #[serde(default)]
    others: BTreeMap<String, Module>,
}

/// A module that an interpreter finds.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Module {
    /// It can be imported.
    Version(String),
    /// It cannot, and why.
    Broken(String),
}

impl Found {
    /// Asks an interpreter.
    ///
    /// # Errors
    ///
    /// If it does not answer.
    pub(super) async fn ask(interpreter: &Path) -> Result<Self, Failure> {
        Self::ask_of(interpreter, &[]).await
    }

    /// Asks an interpreter, and which of other modules it has.
    ///
    /// # Errors
    ///
    /// If it does not answer.
    pub(super) async fn ask_of(interpreter: &Path, others: &[&str]) -> Result<Self, Failure> {
        let shown = interpreter.display();
        let failed = || Failure::usage(format!("{shown} is no Python that runs"));
        let output = Command::new(interpreter)
            .args(["-c", QUESTION])
            .args(others)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output();
        let output = timeout(TIME, output)
            .await
            .map_err(|error| failed().because(error))?
            .map_err(|error| failed().because(error))?;
        let answer: Answer = serde_json::from_slice(&output.stdout).map_err(|error| {
            let words = String::from_utf8_lossy(&output.stderr);
            match words.trim() {
                "" => failed().because(error),
                words => failed().because(words.to_owned()),
            }
        })?;
        Ok(Self {
            interpreter: interpreter.to_owned(),
            version: answer.version,
            answer,
        })
    }

    /// One of the other modules that it was asked of.
    pub(super) fn other(&self, name: &str) -> Option<&Module> {
        self.answer.others.get(name)
    }

    fn is_recent(&self) -> bool {
        self.version[..2] >= OLDEST[..]
    }

    /// The version, as it is written.
    pub(super) fn version(&self) -> String {
        let [major, minor, patch] = self.version;
        format!("{major}.{minor}.{patch}")
    }

    /// # Errors
    ///
    /// If it is older than the package of services takes.
    pub(super) fn recent(&self) -> Result<(), Failure> {
        if self.is_recent() {
            return Ok(());
        }
        let shown = self.interpreter.display();
        Err(Failure::usage(format!(
            "{shown} is Python {}, and services need 3.9 or newer",
            self.version()
        ))
        .help(INSTALL))
    }

    /// The version of the package of services; `place` is where it was looked for.
    ///
    /// # Errors
    ///
    /// If it is not there, cannot be imported, or is its predecessor.
    pub(super) fn package(&self, place: &str) -> Result<&str, Failure> {
        let pip = format!(
            "{} -m pip install slingshot-microservice",
            self.interpreter.display()
        );
        if let Some(broken) = &self.answer.broken {
            return Err(Failure::usage(format!(
                "slingshot_microservice of {place} cannot be imported"
            ))
            .because(broken.clone())
            .help(format!("install it again: {pip} --force-reinstall")));
        }
        match &self.answer.package {
            None => Err(
                Failure::usage(format!("{place} has no package slingshot-microservice"))
                    .help(format!("install it: {pip}")),
            ),
            Some(version) if !self.answer.describes => Err(Failure::usage(format!(
                "{place} has slingshot-microservice {version}, which is too old: it does not describe its services"
            ))
            .help(format!("install a newer one: {pip} --upgrade"))),
            Some(version) => Ok(version),
        }
    }
}

/// The first interpreter that is recent enough, in the directories where programs are looked for.
///
/// # Errors
///
/// If there is none.
pub(super) async fn on_path(path: &[PathBuf]) -> Result<Found, Failure> {
    let mut old = None;
    for name in NAMES {
        let mut places = path.iter().map(|directory| directory.join(name));
        let Some(interpreter) = places.find(|place| place.is_file()) else {
            continue;
        };
        match Found::ask(&interpreter).await {
            Ok(found) if found.is_recent() => return Ok(found),
            Ok(found) => old = old.or(found.recent().err()),
            Err(failure) => old = old.or(Some(failure)),
        }
    }
    Err(old.unwrap_or_else(|| {
        Failure::usage("there is no `python3` on the PATH, which Python services need")
            .help(INSTALL)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(
        version: [u32; 3],
        package: Option<&str>,
        describes: bool,
        broken: Option<&str>,
    ) -> String {
        let found = Found {
            interpreter: "/v/bin/python".into(),
            version,
            answer: Answer {
                version,
                package: package.map(str::to_owned),
                describes,
                broken: broken.map(str::to_owned),
                others: BTreeMap::new(),
            },
        };
        let said = found
            .recent()
            .and_then(|()| found.package("v").map(str::to_owned));
        said.unwrap_or_else(|failure| {
            let message = failure.to_string();
            let said = std::iter::once(message).chain(failure.causes());
            said.collect::<Vec<_>>().join(": ")
        })
    }

    #[test]
    fn an_interpreter_that_will_not_do_is_told_why() {
        let new = [3, 13, 1];
        insta::assert_snapshot!(
            [
                check(new, Some("0.1.0"), true, None),
                check([3, 8, 20], Some("0.1.0"), true, None),
                check([2, 7, 18], None, false, None),
                check(new, None, false, None),
                check(new, Some("0.1.7"), false, None),
                check(new, None, false, Some("libz.so.1: cannot open shared object file")),
            ]
            .join("\n"),
            @r"
        0.1.0
        /v/bin/python is Python 3.8.20, and services need 3.9 or newer
        /v/bin/python is Python 2.7.18, and services need 3.9 or newer
        v has no package slingshot-microservice
        v has slingshot-microservice 0.1.7, which is too old: it does not describe its services
        slingshot_microservice of v cannot be imported: libz.so.1: cannot open shared object file
        "
        );
    }
}
