//! What is known of the systems that the editor has before it: their findings, and their names.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
};

use slingshot_topology::{
    Accepted, Baseline, Code, Diagnostic, Policy, SourceFile, System, is_sys_map, language::Index,
};

use super::documents::Documents;
use crate::{
    project::SYSTEM_FILE,
    sources::Texts,
    topology::{BASELINE_FILE, Declared, Examined, projects_below},
};

/// One system, examined.
#[derive(Debug)]
pub(super) struct Analysed {
    place: Place,
    /// The text that declares it.
    pub(super) map: Arc<SourceFile>,
    /// What is reported.
    pub(super) found: Vec<Diagnostic>,
    /// The last system and code that could be understood, and their names.
    pub(super) system: System,
    pub(super) code: Code,
    pub(super) index: Index,
    /// Whether they are those of the present texts.
    pub(super) is_current: bool,
}

/// Where a system is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    map: PathBuf,
    /// Where its code is, if it has any.
    sources: Option<PathBuf>,
}

/// What has changed since the last analysis.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Changes {
    #[default]
    Nothing,
    /// Texts.
    Texts(BTreeSet<PathBuf>),
    /// Perhaps there are other systems now.
    Everything,
}

impl Changes {
    pub(super) fn text(&mut self, path: &Path) {
        let is_a_system = path.file_name().is_some_and(|name| name == SYSTEM_FILE);
        match self {
            Self::Everything => {}
            _ if is_a_system && !path.is_file() => *self = Self::Everything,
            Self::Nothing => *self = Self::Texts(BTreeSet::from([path.to_owned()])),
            Self::Texts(paths) => {
                paths.insert(path.to_owned());
            }
        }
    }

    fn touch(&self, place: &Place) -> bool {
        match self {
            Self::Nothing => false,
            Self::Everything => true,
            Self::Texts(paths) => paths.iter().any(|path| {
                let sources = place.sources.as_ref();
                *path == place.map || sources.is_some_and(|sources| path.starts_with(sources))
            }),
        }
    }
}

/// Everything that an analysis begins with.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) roots: Vec<PathBuf>,
    pub(super) documents: Documents,
    pub(super) changes: Changes,
    pub(super) before: Vec<Arc<Analysed>>,
}

impl Job {
    /// Examines every system again that a change may have touched.
    pub(super) fn run(&self) -> Vec<Arc<Analysed>> {
        let places = self.places().into_iter();
        places.filter_map(|place| self.analysed(place)).collect()
    }

    fn analysed(&self, place: Place) -> Option<Arc<Analysed>> {
        let before = self.before.iter().find(|before| before.place == place);
        match before {
            Some(before) if !self.changes.touch(&place) => Some(Arc::clone(before)),
            _ => {
                let before = before.map(|before| &**before);
                Analysed::of(place, &self.documents, before).map(Arc::new)
            }
        }
    }

    /// The projects below the roots, those that an open text is in, and open sys-maps.
    fn places(&self) -> BTreeSet<Place> {
        let mut places = BTreeSet::new();
        if self.changes == Changes::Everything {
            for root in &self.roots {
                let projects = projects_below(root).unwrap_or_default();
                places.extend(projects.all.into_iter().map(Place::of_project));
                places.extend(self.project_of(root));
            }
        } else {
            let known = self.before.iter().map(|before| before.place.clone());
            places.extend(known.filter(Place::is_of_project));
        }
        for path in self.documents.paths() {
            let is_map = self.documents.get(path).is_some_and(|document| {
                path.extension().is_some_and(|it| it == "json") && is_sys_map(&document.text)
            });
            if is_map {
                places.insert(self.place_of_map(path));
            } else if path
                .extension()
                .is_some_and(|it| it == "rs" || it == "toml")
            {
                places.extend(self.project_of(path.parent().unwrap_or(path)));
            }
        }
        places
    }

    fn project_of(&self, directory: &Path) -> Option<Place> {
        let mut directories = directory.ancestors();
        let project = directories.find(|it| self.documents.is_file(&it.join(SYSTEM_FILE)))?;
        Some(Place::of_project(project.to_owned()))
    }

    /// A sys-map has the code of the package around it, unless a `slingshot.toml` there has it.
    fn place_of_map(&self, map: &Path) -> Place {
        let mut directories = map.ancestors().skip(1);
        let package = directories.find(|it| self.documents.is_file(&it.join("Cargo.toml")));
        let is_free = |it: &&Path| !self.documents.is_file(&it.join(SYSTEM_FILE));
        Place {
            map: map.to_owned(),
            sources: package.filter(is_free).map(Path::to_owned),
        }
    }
}

impl Place {
    fn of_project(directory: PathBuf) -> Self {
        Self {
            map: directory.join(SYSTEM_FILE),
            sources: Some(directory),
        }
    }

    fn is_of_project(&self) -> bool {
        self.map.file_name().is_some_and(|name| name == SYSTEM_FILE)
    }
}

impl Analysed {
    /// Whether a `slingshot.toml` declares it, and no sys-map.
    pub(super) fn is_toml(&self) -> bool {
        self.place.is_of_project()
    }

    /// None if there is no such map any more.
    fn of(place: Place, documents: &Documents, before: Option<&Self>) -> Option<Self> {
        let bytes = documents.read(&place.map).ok()?;
        let map = SourceFile::decode(place.map.display().to_string(), bytes);
        let declared = Declared::of_text(Arc::clone(&map), place.sources.clone());
        let examined = Examined::through(&declared, Path::new(""), documents);
        let is_scanned = examined.is_ok();
        let examined = examined.unwrap_or_else(|failure| {
            tracing::warn!(error = %failure, causes = ?failure.causes(), "the code is not looked at");
            Examined::without_code(&declared)
        });
        let baseline = place.sources.as_ref().and_then(|sources| {
            let path = sources.join(BASELINE_FILE);
            let text = documents.text(&path).ok()?;
            Baseline::read(&SourceFile::new(path.display().to_string(), text)).ok()
        });
        let accepted = Accepted {
            baseline: baseline.as_ref(),
        };
        let mut found = examined.report(&Policy::default(), accepted).diagnostics;
        // The editor shows what its own server for Rust says of them, and says it in the compiler's words.
        found.retain(|found| found.rule.name != "code-refused");
        let has_map = !examined.is_broken();
        let has_code = is_scanned && examined.code.refused.is_empty();
        let (mut system, mut code) = (examined.system, examined.code);
        if let Some(before) = before {
            if !has_map {
                system = before.system.clone();
            }
            if !has_code {
                code = before.code.clone();
            }
        }
        Some(Self {
            place,
            map,
            found,
            index: Index::of(&system, &code),
            system,
            code,
            is_current: has_map && has_code,
        })
    }
}
