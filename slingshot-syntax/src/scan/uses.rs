//! Everything that an annotated function does through its arguments, and through the functions that it
//! hands them to.

use std::collections::BTreeSet;

use super::{
    accesses::{AccessKind, Accessor},
    file::DeclaredService,
    place::{Place, Remark},
    resolve::{Crate, FoundCall, FoundKey},
};

/// What was found so far.
#[derive(Debug, Default)]
pub(super) struct Uses {
    keys: Vec<(AccessKind, FoundKey)>,
    pub(super) calls: Vec<FoundCall>,
    pub(super) unseen: Vec<(usize, Remark)>,
    /// Functions whose bodies are already looked at, per argument.
    visited: BTreeSet<(usize, usize, usize)>,
    are_keys_declared: bool,
}

impl Uses {
    /// Nothing that is done with a key is unseen where the annotation says the keys.
    pub(super) fn of_service(service: &DeclaredService) -> Self {
        Self {
            are_keys_declared: !service.declared_keys.is_empty(),
            ..Self::default()
        }
    }

    /// Follows every argument of a function.
    pub(super) fn function(&mut self, lookup: Crate<'_>, file: usize, index: usize) {
        for argument in 0..lookup.files[file].functions[index].arguments.len() {
            self.argument(lookup, file, index, argument);
        }
    }

    /// Follows one argument through a function and those that it hands it to.
    fn argument(&mut self, lookup: Crate<'_>, file: usize, index: usize, argument: usize) {
        let function = &lookup.files[file].functions[index];
        let Some(Some(accessor)) = function.arguments.get(argument).copied() else {
            return;
        };
        if !self.visited.insert((file, index, argument)) {
            return;
        }
        let names = function.names.iter();
        for (kind, name, at) in names.filter(|(kind, ..)| kind.accessor() == accessor) {
            self.add(*kind, name, file, at);
        }
        let passes = function.passes.iter();
        for pass in passes.filter(|pass| pass.accessor == accessor) {
            let name = lookup.original(file, &pass.function);
            if let Some((file, index)) = lookup.function(file, name) {
                self.argument(lookup, file, index, pass.position);
            } else {
                let at = pass.at.clone();
                let message = accessor.unknown_callee(name);
                self.unseen(accessor, file, Remark { at, message });
            }
        }
        for (of, remark) in function.unseen.iter().filter(|(of, _)| *of == accessor) {
            self.unseen(*of, file, remark.clone());
        }
    }

    fn unseen(&mut self, accessor: Accessor, file: usize, remark: Remark) {
        if accessor == Accessor::Bus || !self.are_keys_declared {
            self.unseen.push((file, remark));
        }
    }

    pub(super) fn add(&mut self, kind: AccessKind, name: &str, file: usize, at: &Place) {
        let (name, at) = (name.to_owned(), at.clone());
        match kind {
            AccessKind::Publish | AccessKind::Dispatch => self.calls.push(FoundCall {
                handler: name,
                awaits: kind == AccessKind::Publish,
                file,
                at,
            }),
            AccessKind::Read | AccessKind::Write => {
                let mut known = self.keys.iter();
                if !known.any(|(of, found)| *of == kind && found.key == name) {
                    let key = name;
                    self.keys.push((kind, FoundKey { key, file, at }));
                }
            }
        }
    }

    /// The keys that are read and those that are written, each by name.
    pub(super) fn take_keys(&mut self) -> [Vec<FoundKey>; 2] {
        let mut sorted = std::mem::take(&mut self.keys);
        sorted.sort_by(|(_, a), (_, b)| a.key.cmp(&b.key));
        let mut keys = [Vec::new(), Vec::new()];
        for (kind, key) in sorted {
            keys[usize::from(kind == AccessKind::Write)].push(key);
        }
        keys
    }
}
