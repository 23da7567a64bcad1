//! The files of one crate, put together.
//!
//! Names are looked up in the file itself first and then in the whole crate, where they must be
//! unique: the scan knows no module paths, and says so where two types share a name.

use super::{
    file::{DeclaredService, FileScan, SeenCase},
    found::{CaseSet, CrateScan, FoundCase, FoundType, ServiceScan},
    lookup::Crate,
    place::{Place, Remark},
    uses::Uses,
};
use crate::CaseLiteral;

/// Aliases of aliases beyond this depth are given up.
const ALIAS_DEPTH: usize = 16;

/// Puts the files of one crate together.
pub fn resolve(files: &[FileScan]) -> CrateScan {
    let lookup = Crate { files };
    let scans = || files.iter().enumerate();
    let (registered, unseen) = lookup.registered();
    CrateScan {
        registered,
        unseen,
        services: scans()
            .flat_map(|(file, scan)| scan.services.iter().map(move |service| (file, service)))
            .map(|(file, service)| Resolution::new(lookup, file, service).finish())
            .collect(),
        handlers: scans()
            .flat_map(|(file, scan)| scan.handlers.iter().map(move |handler| (file, handler)))
            .map(|(file, handler)| lookup.handler(file, handler))
            .collect(),
    }
}

/// One service, as it is being put together.
struct Resolution<'a> {
    lookup: Crate<'a>,
    file: usize,
    declared: &'a DeclaredService,
    cases: Vec<FoundCase>,
    /// The types of any value; `None` once one was not found.
    open: Option<Vec<FoundType>>,
    unseen_cases: Vec<(usize, Remark)>,
    uses: Uses,
}

impl<'a> Resolution<'a> {
    fn new(lookup: Crate<'a>, file: usize, declared: &'a DeclaredService) -> Self {
        Self {
            lookup,
            file,
            declared,
            cases: Vec::new(),
            open: Some(Vec::new()),
            unseen_cases: Vec::new(),
            uses: Uses::of_service(declared),
        }
    }

    fn finish(mut self) -> ServiceScan {
        self.function(self.file, self.declared.index);
        if let Some(startup) = &self.declared.startup {
            match self.lookup.function(self.file, startup) {
                Some((file, index)) => self.function(file, index),
                None => {
                    self.open = None;
                    self.uses.hidden_startup(self.file, self.declared, startup);
                }
            }
        }
        for (kind, key, at) in &self.declared.declared_keys {
            self.uses.add(*kind, key, self.file, at, false);
        }
        let [reads, writes] = self.uses.take_keys();
        let cases = match self.open {
            Some(open) if open.is_empty() => CaseSet::Closed(self.cases),
            // A type of any value and an enum: which of them a case is of is not known.
            Some(open) if self.cases.is_empty() => CaseSet::Open(Some(open)),
            _ => CaseSet::Open(None),
        };
        ServiceScan {
            file: self.file,
            declared: self.declared.clone(),
            cases,
            reads,
            writes,
            hides_keys: self.uses.hides_keys,
            calls: self.uses.calls,
            sends: self.uses.sends,
            unseen: self.uses.unseen,
            unseen_cases: self.unseen_cases,
        }
    }

    fn function(&mut self, file: usize, index: usize) {
        let function = &self.lookup.files[file].functions[index];
        self.case(file, &function.returns, ALIAS_DEPTH);
        self.uses.function(self.lookup, file, index);
    }

    fn case(&mut self, file: usize, case: &'a SeenCase, depth: usize) {
        match case {
            SeenCase::Nothing => {}
            SeenCase::Bool => {
                let at = self.declared.function_at.clone();
                for value in [false, true] {
                    self.add_case(CaseLiteral::Bool(value), self.file, &at, false);
                }
            }
            SeenCase::Open(kind, at) => {
                let (kind, at) = (*kind, at.clone());
                if let Some(open) = &mut self.open {
                    open.push(FoundType { kind, file, at });
                }
            }
            SeenCase::Unknown(at) => {
                self.open(file, at, "the cases of this type are not seen".to_owned());
            }
            SeenCase::Named(name, at) | SeenCase::Whole(name, at) => {
                let name = self.lookup.original(file, name);
                if let Some((file, found)) = self.lookup.enumeration(file, name) {
                    for found in &found.cases {
                        let case = found.case.clone();
                        self.add_case(case, file, &found.at, found.is_conditional);
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

    fn add_case(&mut self, case: CaseLiteral, file: usize, at: &Place, is_conditional: bool) {
        match self.cases.iter_mut().find(|found| found.case == case) {
            Some(known) => known.is_conditional &= is_conditional,
            None => self.cases.push(FoundCase {
                case,
                file,
                at: at.clone(),
                is_conditional,
            }),
        }
    }

    fn open(&mut self, file: usize, at: &Place, message: String) {
        self.open = None;
        let at = at.clone();
        self.unseen_cases.push((file, Remark { at, message }));
    }
}
