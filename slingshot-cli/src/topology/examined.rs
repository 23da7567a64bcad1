//! A system with its code, and what the rules say of the two.

use std::{path::Path, sync::Arc};

use chrono::{Datelike as _, Local};
use slingshot_topology::{
    Accepted, Code, Date, Definitions, Diagnostic, Inputs, Level, Policy, Report, Severity,
    SourceFile, Spanned, System, read_definitions,
};

use super::{Declared, manifests::Manifests, scripts::Scripts};
use crate::{
    code::ScannedCode,
    exit::Failure,
    sources::{Disk, Texts},
};

/// A system, its code, and what reading them found.
#[derive(Debug)]
pub(crate) struct Examined {
    pub(crate) system: System,
    /// What the sources say; empty without sources.
    pub(crate) code: Code,
    /// The system that is deployed, if it is known.
    pub(super) previous: Option<System>,
    pub(super) has_code: bool,
    pub(super) unseen: Vec<String>,
    pub(super) unread: Vec<String>,
    /// What the broker holds, if it is known.
    definitions: Option<Definitions>,
    /// The files that the system names and that are not there.
    missing: Vec<Spanned<String>>,
    read: Vec<Diagnostic>,
}

impl Examined {
    /// Reads a declared system and scans the sources beside it.
    ///
    /// # Errors
    ///
    /// If a source cannot be read.
    pub(crate) fn of(declared: &Declared, base: &Path) -> Result<Self, Failure> {
        Self::through(declared, base, &Disk)
    }

    /// The same, by what somebody else says of the sources.
    ///
    /// # Errors
    ///
    /// If a source cannot be read.
    pub(crate) fn through(
        declared: &Declared,
        base: &Path,
        texts: &dyn Texts,
    ) -> Result<Self, Failure> {
        let sources = &declared.sources;
        if sources.as_os_str().is_empty() {
            return Ok(Self::without_code(declared));
        }
        let read = declared.read();
        let scripts = Scripts::of(&read.0, sources, texts);
        let scanned = ScannedCode::of(sources, &scripts.there, base, texts)?;
        let mut manifests = Manifests::of_system(&read.0, sources, base, texts)?;
        manifests.missing.extend(scripts.missing);
        Ok(Self::with(read, scanned, manifests))
    }

    /// A declared system alone.
    pub(crate) fn without_code(declared: &Declared) -> Self {
        Self::with(declared.read(), None, Manifests::default())
    }

    fn with(
        (system, mut read): (System, Vec<Diagnostic>),
        scanned: Option<ScannedCode>,
        manifests: Manifests,
    ) -> Self {
        let has_code = scanned.is_some() || !manifests.all.is_empty();
        let scanned = scanned.unwrap_or_default();
        read.extend(manifests.found);
        Self {
            system,
            code: scanned.code.with_manifests(manifests.all),
            previous: None,
            has_code,
            unseen: scanned.unseen,
            unread: scanned.unread,
            definitions: None,
            missing: manifests.missing,
            read,
        }
    }

    /// Whether the text that declares it cannot be read as a whole.
    pub(crate) fn is_broken(&self) -> bool {
        let mut read = self.read.iter();
        read.any(|found| found.rule.name == "map-syntax")
    }

    /// With manifests that the system does not name.
    pub(super) fn with_manifests(mut self, manifests: Manifests) -> Self {
        self.has_code |= !manifests.all.is_empty();
        self.code = self.code.with_manifests(manifests.all);
        self.read.extend(manifests.found);
        self
    }

    /// With what a broker holds, by an export of its definitions.
    pub(super) fn with_definitions(mut self, file: &Arc<SourceFile>) -> Self {
        let (definitions, found) = read_definitions(file);
        self.definitions = Some(definitions);
        self.read.extend(found);
        self
    }

    /// Runs the rules.
    pub(crate) fn report(&self, policy: &Policy, accepted: Accepted<'_>) -> Report {
        let inputs = Inputs {
            code: self.has_code.then_some(&self.code),
            previous: self.previous.as_ref(),
            definitions: self.definitions.as_ref(),
            missing: &self.missing,
            today: today(),
            ..Inputs::of(&self.system)
        };
        policy.report(&inputs, self.read.clone(), accepted)
    }

    /// What keeps the system from working, and is not accepted. The compiler speaks for itself.
    pub(crate) fn errors(&self) -> Vec<Diagnostic> {
        let policy = Policy {
            minimum: Severity::Error,
            tells_unseen: false,
            levels: vec![("code-refused".to_owned(), Level::Off)],
            ..Policy::default()
        };
        self.report(&policy, Accepted::default()).diagnostics
    }
}

fn today() -> Option<Date> {
    let now = Local::now();
    let number = |number: u32| u8::try_from(number).ok();
    Date::new(
        u16::try_from(now.year()).ok()?,
        number(now.month())?,
        number(now.day())?,
    )
}
