//! Everything that an annotated function does through its arguments, and through the functions that it
//! hands them to.

use std::collections::BTreeSet;

use super::{
    accesses::{AccessKind, Accessor},
    file::{DeclaredService, SeenName},
    found::{FoundCall, FoundKey, FoundSend, Unseen},
    lookup::Crate,
    place::{Place, Remark},
};

/// What was found so far.
#[derive(Debug, Default)]
pub(super) struct Uses {
    keys: Vec<(AccessKind, FoundKey)>,
    pub(super) calls: Vec<FoundCall>,
    pub(super) sends: Vec<FoundSend>,
    pub(super) unseen: Vec<Unseen>,
    /// Functions whose bodies are already looked at, per argument.
    visited: BTreeSet<(usize, usize, usize)>,
    are_keys_declared: bool,
    /// Whether a key may be used that is not among those.
    pub(super) hides_keys: bool,
}

impl Uses {
    /// Nothing that is done with a key is unseen where the annotation says the keys.
    pub(super) fn of_service(service: &DeclaredService) -> Self {
        Self {
            are_keys_declared: !service.declared_keys.is_empty(),
            ..Self::default()
        }
    }

    /// Follows every argument of an annotated function. Its own `u64` is the message's id; what a helper
    /// takes may be another.
    pub(super) fn function(&mut self, lookup: Crate<'_>, file: usize, index: usize) {
        let function = &lookup.files[file].functions[index];
        for argument in 0..function.arguments.len() {
            self.argument(lookup, file, index, argument);
        }
        let is_own = |name: &&SeenName| name.is_of_argument && name.kind.accessor().uses_keys();
        for name in function.names.iter().filter(is_own) {
            self.add(name.kind, &name.name, file, &name.at, true);
        }
        for name in function.constants.iter().filter(is_own) {
            if let Some((file, (text, at))) = lookup.constant(file, &name.name) {
                self.add(name.kind, text, file, at, true);
            }
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
        for SeenName { kind, name, at, .. } in names.filter(|name| name.kind.accessor() == accessor)
        {
            self.add(*kind, name, file, at, false);
        }
        let constants = function.constants.iter();
        for name in constants.filter(|name| name.kind.accessor() == accessor) {
            if let Some((file, (text, at))) = lookup.constant(file, &name.name) {
                self.add(name.kind, text, file, at, false);
            } else {
                let at = name.at.clone();
                let message = accessor.unknown_name().to_owned();
                self.unseen(accessor, file, Remark { at, message });
            }
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

    /// A startup function that is not of the crate: what it returns and does is not seen.
    pub(super) fn hidden_startup(&mut self, file: usize, service: &DeclaredService, name: &str) {
        self.hides_keys = true;
        let at = service.function_at.clone();
        let message = format!("the startup function `{name}` is not found");
        self.unseen.push(Unseen {
            file,
            remark: Remark { at, message },
            help: "name a function of the same crate",
        });
    }

    fn unseen(&mut self, accessor: Accessor, file: usize, remark: Remark) {
        if !accessor.uses_keys() || !self.are_keys_declared {
            self.hides_keys |= accessor.uses_keys();
            self.unseen.push(Unseen {
                file,
                remark,
                help: accessor.help(),
            });
        }
    }

    pub(super) fn add(
        &mut self,
        kind: AccessKind,
        name: &str,
        file: usize,
        at: &Place,
        is_own_id: bool,
    ) {
        let (name, at) = (name.to_owned(), at.clone());
        match kind {
            AccessKind::Publish | AccessKind::Dispatch => self.calls.push(FoundCall {
                handler: name,
                awaits: kind == AccessKind::Publish,
                file,
                at,
            }),
            AccessKind::Send => self.sends.push(FoundSend {
                service: name,
                file,
                at,
            }),
            AccessKind::Read | AccessKind::Write => {
                let found = FoundKey {
                    key: name,
                    file,
                    at,
                    is_own_id,
                    repeats: Vec::new(),
                };
                let mut known = self.keys.iter_mut();
                match known.find(|(of, known)| *of == kind && known.key == found.key) {
                    Some((_, known)) => known.join(found),
                    None => self.keys.push((kind, found)),
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

impl FoundKey {
    /// The place where it is used with the message's own id comes first.
    fn join(&mut self, mut other: Self) {
        if other.is_own_id && !self.is_own_id {
            std::mem::swap(self, &mut other);
            self.repeats.append(&mut other.repeats);
        }
        let place = (other.file, other.at);
        if place != (self.file, self.at.clone()) && !self.repeats.contains(&place) {
            self.repeats.push(place);
        }
    }
}
