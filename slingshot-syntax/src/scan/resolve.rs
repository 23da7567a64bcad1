//! The files of one crate, put together.
//!
//! Names are looked up in the file itself first and then in the whole crate, where they must be
//! unique: the scan knows no module paths, and says so where two types share a name.

use std::collections::BTreeSet;

use super::{
    accesses::AccessKind,
    file::{DeclaredService, FileScan, ScannedEnum, SeenCase},
    place::{Place, Remark},
};
use crate::CaseLiteral;

/// Aliases of aliases beyond this depth are given up.
const ALIAS_DEPTH: usize = 16;

/// A service with everything that the crate says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceScan {
    /// The file, as an index into what was resolved.
    pub file: usize,
    /// The annotation.
    pub declared: DeclaredService,
    /// The cases that the function, and its startup function, can return.
    pub cases: CaseSet,
    /// The bucket keys that it reads, each once, in the order of their names.
    pub reads: Vec<FoundKey>,
    /// The bucket keys that it writes.
    pub writes: Vec<FoundKey>,
    /// What could not be seen of it, with the file.
    pub unseen: Vec<(usize, Remark)>,
}

/// The cases of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CaseSet {
    /// Every case there is.
    Closed(Vec<FoundCase>),
    /// Any value of its type, or a type that was not found.
    Open,
}

/// A case and the code that says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundCase {
    /// The value.
    pub case: CaseLiteral,
    /// The file, as an index.
    pub file: usize,
    /// The enum's variant, or the type in the signature.
    pub at: Place,
}

/// A bucket key and the code that says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundKey {
    /// The key.
    pub key: String,
    /// The file, as an index.
    pub file: usize,
    /// The string literal.
    pub at: Place,
}

/// Puts the files of one crate together.
pub fn resolve(files: &[FileScan]) -> Vec<ServiceScan> {
    let lookup = Crate { files };
    files
        .iter()
        .enumerate()
        .flat_map(|(file, scan)| scan.services.iter().map(move |service| (file, service)))
        .map(|(file, service)| Resolution::new(lookup, file, service).finish())
        .collect()
}

#[derive(Clone, Copy)]
struct Crate<'a> {
    files: &'a [FileScan],
}

impl<'a> Crate<'a> {
    /// The one thing of a name: in the file itself, else in exactly one other.
    fn find<T>(self, file: usize, find: impl Fn(&'a FileScan) -> Option<T>) -> Option<(usize, T)> {
        if let Some(here) = find(&self.files[file]) {
            return Some((file, here));
        }
        let mut found = self
            .files
            .iter()
            .enumerate()
            .filter_map(|(index, scan)| Some((index, find(scan)?)));
        let first = found.next()?;
        found.next().is_none().then_some(first)
    }

    fn enumeration(self, file: usize, name: &str) -> Option<(usize, &'a ScannedEnum)> {
        self.find(file, |scan| {
            scan.enums.iter().find(|item| item.name == name)
        })
    }

    fn alias(self, file: usize, name: &str) -> Option<(usize, &'a SeenCase)> {
        self.find(file, |scan| scan.aliases.get(name))
    }

    fn function(self, file: usize, name: &str) -> Option<(usize, usize)> {
        self.find(file, |scan| {
            scan.functions
                .iter()
                .position(|function| function.name == name)
        })
    }

    /// The name that a type has where it is declared.
    fn original(self, file: usize, name: &'a str) -> &'a str {
        self.files[file]
            .renames
            .get(name)
            .map_or(name, String::as_str)
    }
}

/// One service, as it is being put together.
struct Resolution<'a> {
    lookup: Crate<'a>,
    file: usize,
    declared: &'a DeclaredService,
    /// `None` once the set is open.
    cases: Option<Vec<FoundCase>>,
    keys: Vec<(AccessKind, FoundKey)>,
    unseen: Vec<(usize, Remark)>,
    /// Functions whose bodies are already looked at, per argument.
    visited: BTreeSet<(usize, usize, usize)>,
}

impl<'a> Resolution<'a> {
    fn new(lookup: Crate<'a>, file: usize, declared: &'a DeclaredService) -> Self {
        Self {
            lookup,
            file,
            declared,
            cases: Some(Vec::new()),
            keys: Vec::new(),
            unseen: Vec::new(),
            visited: BTreeSet::new(),
        }
    }

    fn finish(mut self) -> ServiceScan {
        self.function(self.file, self.declared.index);
        if let Some(startup) = &self.declared.startup {
            match self.lookup.function(self.file, startup) {
                Some((file, index)) => self.function(file, index),
                None => {
                    let message = format!("the startup function `{startup}` is not found");
                    self.open(self.file, &self.declared.function_at, message);
                }
            }
        }
        for (kind, key, at) in &self.declared.declared_keys {
            self.key(*kind, key, self.file, at);
        }
        let mut keys = [Vec::new(), Vec::new()];
        self.keys.sort_by(|(_, a), (_, b)| a.key.cmp(&b.key));
        for (kind, key) in self.keys {
            keys[usize::from(kind == AccessKind::Write)].push(key);
        }
        let [reads, writes] = keys;
        ServiceScan {
            file: self.file,
            declared: self.declared.clone(),
            cases: self.cases.map_or(CaseSet::Open, CaseSet::Closed),
            reads,
            writes,
            unseen: self.unseen,
        }
    }

    fn function(&mut self, file: usize, index: usize) {
        let function = &self.lookup.files[file].functions[index];
        self.case(file, &function.returns, ALIAS_DEPTH);
        for argument in 0..function.arguments.len() {
            self.accesses(file, index, argument);
        }
    }

    fn case(&mut self, file: usize, case: &'a SeenCase, depth: usize) {
        match case {
            SeenCase::Nothing => {}
            SeenCase::Bool => {
                let at = self.declared.function_at.clone();
                for value in [false, true] {
                    self.add_case(CaseLiteral::Bool(value), self.file, &at);
                }
            }
            SeenCase::Open => self.cases = None,
            SeenCase::Unknown(at) => {
                self.open(file, at, "the cases of this type are not seen".to_owned());
            }
            SeenCase::Named(name, at) | SeenCase::Whole(name, at) => {
                let name = self.lookup.original(file, name);
                if let Some((file, found)) = self.lookup.enumeration(file, name) {
                    for (case, at) in &found.cases {
                        self.add_case(case.clone(), file, at);
                    }
                } else if let Some((file, alias)) = self.lookup.alias(file, name)
                    && depth > 0
                {
                    self.case(file, alias, depth - 1);
                } else {
                    let message = format!(
                        "the cases of `{name}` are not seen: not exactly one enum of this name \
                         with `#[derive(Case)]` is in this crate"
                    );
                    self.open(file, at, message);
                }
            }
        }
    }

    fn add_case(&mut self, case: CaseLiteral, file: usize, at: &Place) {
        if let Some(cases) = &mut self.cases
            && !cases.iter().any(|found| found.case == case)
        {
            cases.push(FoundCase {
                case,
                file,
                at: at.clone(),
            });
        }
    }

    fn open(&mut self, file: usize, at: &Place, message: String) {
        self.cases = None;
        let at = at.clone();
        self.unseen.push((file, Remark { at, message }));
    }

    /// Follows one argument through a function and those that it hands it to.
    fn accesses(&mut self, file: usize, index: usize, argument: usize) {
        let function = &self.lookup.files[file].functions[index];
        let Some(Some(kind)) = function.arguments.get(argument).copied() else {
            return;
        };
        if !self.visited.insert((file, index, argument)) {
            return;
        }
        for (_, key, at) in function.keys.iter().filter(|(of, ..)| *of == kind) {
            self.key(kind, key, file, at);
        }
        for pass in function.passes.iter().filter(|pass| pass.kind == kind) {
            let name = self.lookup.original(file, &pass.function);
            match self.lookup.function(file, name) {
                Some((file, index)) => self.accesses(file, index, pass.position),
                None => self.unseen_access(
                    file,
                    Remark {
                        at: pass.at.clone(),
                        message: format!(
                            "the keys that `{name}` uses are not seen; say them with `reads(..)` \
                             or `writes(..)`"
                        ),
                    },
                ),
            }
        }
        for (_, remark) in function.unseen.iter().filter(|(of, _)| *of == kind) {
            self.unseen_access(file, remark.clone());
        }
    }

    /// Nothing is unseen where the annotation says the keys.
    fn unseen_access(&mut self, file: usize, remark: Remark) {
        if self.declared.declared_keys.is_empty() {
            self.unseen.push((file, remark));
        }
    }

    fn key(&mut self, kind: AccessKind, key: &str, file: usize, at: &Place) {
        let known = self
            .keys
            .iter()
            .any(|(of, found)| *of == kind && found.key == key);
        if !known {
            let found = FoundKey {
                key: key.to_owned(),
                file,
                at: at.clone(),
            };
            self.keys.push((kind, found));
        }
    }
}
