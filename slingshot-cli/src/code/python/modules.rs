//! The files of a script: itself, and what it imports from beside it.

use std::{
    collections::{BTreeMap, VecDeque},
    path::{Path, PathBuf},
};

use slingshot_topology::{SourceFile, Span};
use tree_sitter::Node;

use super::module::{Definition, Module, field};
use crate::{exit::Failure, project::shown, sources::Texts};

/// So many files of one script are read: more take seconds, and are said to be left out.
pub(super) const MAX_FILES: usize = 2_000;
/// What a star brings of the package, as far as it makes services and handlers.
const PACKAGE: &str = "slingshot_microservice";
const ANNOTATIONS: [&str; 3] = ["Microservice", "handler", "microservice"];
/// A name that is passed on more often goes in a circle.
const MAX_STEPS: usize = 16;

/// A script with its modules.
pub(super) struct Modules {
    script: PathBuf,
    files: BTreeMap<PathBuf, Module>,
    /// The import of the first file that was left out because there are too many.
    left_out: Option<Span>,
}

/// What an expression names.
#[derive(Clone)]
pub(super) enum Meaning<'t> {
    /// A definition of the script's own.
    Own(&'t Module, Node<'t>),
    /// A file of the script's own.
    File(&'t Module),
    /// Something of Python's or of a package's, by its whole name: `enum.Enum`, `bool`.
    Foreign(String),
}

impl Modules {
    /// Reads a script and follows its imports, as far as they lead to files beside it.
    ///
    /// # Errors
    ///
    /// If a file that exists cannot be read.
    pub(super) fn of(
        script: &Path,
        base: &Path,
        texts: &dyn Texts,
        most_files: usize,
    ) -> Result<Self, Failure> {
        let mut modules = BTreeMap::new();
        let mut waiting = VecDeque::from([(script.to_owned(), None)]);
        let mut left_out = None;
        let root = script.parent().unwrap_or(Path::new(""));
        while let Some((path, imported)) = waiting.pop_front() {
            if modules.contains_key(&path) {
                continue;
            }
            if modules.len() == most_files {
                left_out = imported;
                break;
            }
            let text = texts.text(&path).map_err(|error| {
                Failure::unreadable(format!("cannot read {}", path.display())).because(error)
            })?;
            let file = SourceFile::new(shown(&path, base).to_string(), text);
            let Some(module) = Module::parse(&path, file) else {
                continue;
            };
            for (import, at) in module.imports() {
                let mut places = places(&import, &path, root).into_iter();
                let place = places.find(|place| texts.is_file(place));
                waiting.extend(place.map(|place| (place, Some(module.span(at)))));
            }
            modules.insert(path, module);
        }
        Ok(Self {
            script: script.to_owned(),
            files: modules,
            left_out,
        })
    }

    /// Where a file is imported that was not read, because there are too many.
    pub(super) fn left_out(&self) -> Option<&Span> {
        self.left_out.as_ref()
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Module> {
        self.files.values()
    }

    /// Whether it is what Python is started with.
    pub(super) fn is_script(&self, module: &Module) -> bool {
        module.path == self.script
    }

    /// What an expression names, if it is a name.
    pub(super) fn meaning<'t>(
        &'t self,
        module: &'t Module,
        expression: Node<'t>,
    ) -> Option<Meaning<'t>> {
        match expression.kind() {
            "identifier" | "none" => Some(self.name(module, module.text(expression), MAX_STEPS)),
            "attribute" | "member_type" => {
                let mut parts = super::module::named(expression);
                let object = field(expression, "object").or_else(|| parts.next())?;
                let name = field(expression, "attribute").or_else(|| parts.next_back())?;
                let name = module.text(name);
                match self.meaning(module, object)? {
                    Meaning::Foreign(object) => Some(Meaning::Foreign(format!("{object}.{name}"))),
                    Meaning::File(file) => Some(self.name(file, name, MAX_STEPS)),
                    Meaning::Own(..) => None,
                }
            }
            "type" => self.meaning(module, super::module::named(expression).next()?),
            _ => None,
        }
    }

    fn name<'t>(&'t self, module: &'t Module, name: &str, steps: usize) -> Meaning<'t> {
        match module.definition(name) {
            Some(Definition::Here(node)) => match node.kind() {
                // Another name for something.
                "identifier" if steps > 0 && module.text(node) != name => {
                    self.name(module, module.text(node), steps - 1)
                }
                _ => Meaning::Own(module, node),
            },
            Some(Definition::Import { module: from, name }) => {
                self.imported(module, from, name, steps)
            }
            None => self
                .by_star(module, name, steps)
                .unwrap_or_else(|| Meaning::Foreign(name.to_owned())),
        }
    }

    /// What a name that the file itself does not bind is by one of its `from module import *`.
    fn by_star<'t>(&'t self, module: &'t Module, name: &str, steps: usize) -> Option<Meaning<'t>> {
        let mut stars = module.stars().into_iter().rev();
        stars.find_map(|from| match self.file(module, from) {
            // Files with several stars lead to ever more files: fewer steps than by a name.
            Some(file) if steps > 0 => match self.name(file, name, steps / 2) {
                Meaning::Foreign(foreign) if foreign == name => None,
                meaning => Some(meaning),
            },
            None if from == PACKAGE && ANNOTATIONS.contains(&name) => {
                Some(Meaning::Foreign(format!("{from}.{name}")))
            }
            _ => None,
        })
    }

    fn imported<'t>(
        &'t self,
        module: &'t Module,
        from: &str,
        name: Option<&str>,
        steps: usize,
    ) -> Meaning<'t> {
        let foreign = || match name {
            Some(name) => Meaning::Foreign(format!("{from}.{name}")),
            None => Meaning::Foreign(from.to_owned()),
        };
        let Some(name) = name else {
            return self.file(module, from).map_or_else(foreign, Meaning::File);
        };
        let dot = if from.ends_with('.') { "" } else { "." };
        if let Some(file) = self.file(module, &format!("{from}{dot}{name}")) {
            return Meaning::File(file);
        }
        match self.file(module, from) {
            Some(file) if steps > 0 => self.name(file, name, steps - 1),
            _ => foreign(),
        }
    }

    fn file(&self, module: &Module, written: &str) -> Option<&Module> {
        let root = self.script.parent().unwrap_or(Path::new(""));
        let places = places(written, &module.path, root);
        places.iter().find_map(|place| self.files.get(place))
    }
}

/// Where Python looks for a module first: `.a` beside the file, `a` beside the script.
fn places(written: &str, file: &Path, root: &Path) -> Vec<PathBuf> {
    let name = written.trim_start_matches('.');
    let dots = written.len() - name.len();
    let mut directory = match dots {
        0 => root.to_owned(),
        _ => file.parent().unwrap_or(root).to_owned(),
    };
    for _ in 1..dots {
        directory.pop();
    }
    directory.extend(name.split('.').filter(|part| !part.is_empty()));
    vec![
        directory.with_extension("py"),
        directory.join("__init__.py"),
    ]
}
