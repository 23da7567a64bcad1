//! Where the names of one file are declared in the others of its crate.

use super::{
    file::{DeclaredHandler, FileScan, ScannedEnum, SeenCase, SeenRegistration},
    found::{HandlerScan, Registered},
    place::{Place, Remark},
    uses::Uses,
};

/// The files of one crate.
#[derive(Clone, Copy)]
pub(super) struct Crate<'a> {
    pub(super) files: &'a [FileScan],
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

    pub(super) fn enumeration(self, file: usize, name: &str) -> Option<(usize, &'a ScannedEnum)> {
        // Alternatives of one name are told apart by the build alone.
        let of_name = |scan: &'a FileScan| scan.enums.iter().filter(move |it| it.name == name);
        let here = of_name(&self.files[file]);
        if here.clone().count() > 1 && here.clone().any(|item| item.is_conditional) {
            return None;
        }
        self.find(file, |scan| of_name(scan).next())
    }

    pub(super) fn alias(self, file: usize, name: &str) -> Option<(usize, &'a SeenCase)> {
        self.find(file, |scan| scan.aliases.get(name))
    }

    pub(super) fn function(self, file: usize, name: &str) -> Option<(usize, usize)> {
        self.find(file, |scan| {
            scan.functions
                .iter()
                .position(|function| function.name == name)
        })
    }

    /// The name that a type has where it is declared.
    pub(super) fn original(self, file: usize, name: &'a str) -> &'a str {
        self.files[file]
            .renames
            .get(name)
            .map_or(name, String::as_str)
    }

    /// The text of a constant.
    pub(super) fn constant(
        self,
        file: usize,
        name: &'a str,
    ) -> Option<(usize, &'a (String, Place))> {
        let name = self.original(file, name);
        let (file, constant) = self.find(file, |scan| scan.constants.get(name))?;
        Some((file, constant.as_ref()?))
    }

    pub(super) fn registered(self) -> (Vec<Registered>, Vec<(usize, Remark)>) {
        let (mut registered, mut unseen) = (Vec::new(), Vec::new());
        for (index, scan) in self.files.iter().enumerate() {
            for (made, name) in &scan.registrations {
                let found = match name {
                    SeenRegistration::Named(name, at) => Some((index, name, at)),
                    SeenRegistration::Constant(name, _) => {
                        let constant = self.constant(index, name);
                        constant.map(|(file, (name, at))| (file, name, at))
                    }
                };
                match (found, name) {
                    (Some((file, name, at)), _) => registered.push(Registered {
                        made: *made,
                        name: name.clone(),
                        file,
                        at: at.clone(),
                    }),
                    (None, SeenRegistration::Constant(_, at) | SeenRegistration::Named(_, at)) => {
                        let message = "the name of what this makes is no literal".to_owned();
                        unseen.push((
                            index,
                            Remark {
                                at: at.clone(),
                                message,
                            },
                        ));
                    }
                }
            }
        }
        (registered, unseen)
    }

    pub(super) fn handler(self, file: usize, declared: &DeclaredHandler) -> HandlerScan {
        let mut uses = Uses::default();
        uses.function(self, file, declared.index);
        HandlerScan {
            file,
            declared: declared.clone(),
            calls: uses.calls,
            sends: uses.sends,
            unseen: uses.unseen,
        }
    }
}
