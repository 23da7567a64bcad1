//! A system with its code, and what the rules say of the two.

use std::path::Path;

use slingshot_topology::{Code, Diagnostic, System, check};

use super::Declared;
use crate::{code::ScannedCode, exit::Failure};

/// A system, its code, and everything that can be said about the two.
#[derive(Debug)]
pub(crate) struct Examined {
    pub(crate) system: System,
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// What the sources say; empty without sources.
    pub(crate) code: Code,
    pub(super) has_code: bool,
    pub(super) mistakes: Vec<String>,
    pub(super) unseen: Vec<String>,
}

impl Examined {
    /// Reads a declared system, scans the sources beside it, and runs every rule.
    ///
    /// # Errors
    ///
    /// If a source cannot be read.
    pub(crate) fn of(declared: &Declared, base: &Path) -> Result<Self, Failure> {
        let (system, mut diagnostics) = declared.read();
        let scanned = ScannedCode::of(&declared.sources, base)?;
        let code = scanned.as_ref().map(|scanned| &scanned.code);
        diagnostics.extend(check(&system, code));
        let has_code = scanned.is_some();
        let scanned = scanned.unwrap_or_default();
        Ok(Self {
            system,
            diagnostics,
            code: scanned.code,
            has_code,
            mistakes: scanned.mistakes,
            unseen: scanned.unseen,
        })
    }
}
