//! What a package's manifest says of its crates.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use slingshot_syntax::scan::Features;
use toml_edit::{DocumentMut, Item};

use super::Texts;

/// The crates of one package.
#[derive(Debug)]
pub(super) struct Crates {
    /// The package's name.
    pub(super) package: String,
    /// The file where each binary begins.
    pub(super) binaries: BTreeSet<PathBuf>,
    /// The file where the library begins, and its name in code.
    pub(super) library: Option<(PathBuf, String)>,
    /// The packages that it depends on, by their names in its code.
    pub(super) dependencies: BTreeMap<String, String>,
    features: Features,
}

impl Crates {
    /// Cargo's own places, and those that the manifest names.
    pub(super) fn of(directory: &Path, manifest: &DocumentMut, texts: &dyn Texts) -> Self {
        let is_source = |path: &PathBuf| {
            path.extension().is_some_and(|extension| extension == "rs") && texts.is_file(path)
        };
        let package = text(manifest.get("package"), "name").unwrap_or_default();
        let mut binaries = BTreeSet::from([directory.join("src/main.rs")]);
        for path in texts
            .entries(&directory.join("src/bin"))
            .unwrap_or_default()
        {
            binaries.insert(if path.is_dir() {
                path.join("main.rs")
            } else {
                path
            });
        }
        let named = manifest.get("bin").and_then(Item::as_array_of_tables);
        for binary in named.into_iter().flatten() {
            let path = binary.get("path").and_then(Item::as_str);
            binaries.extend(path.map(|path| directory.join(path)));
        }
        binaries.retain(is_source);
        let library = manifest.get("lib");
        let root = text(library, "path").unwrap_or("src/lib.rs");
        let name = text(library, "name").unwrap_or(package);
        let root = Some(directory.join(root)).filter(is_source);
        Self {
            package: package.to_owned(),
            library: root.map(|root| (root, in_code(name))),
            binaries,
            dependencies: dependencies(manifest),
            features: default_features(manifest),
        }
    }

    /// Every file where a crate begins.
    pub(super) fn roots(&self) -> impl Iterator<Item = &Path> {
        let library = self.library.iter().map(|(root, _)| root);
        self.binaries.iter().chain(library).map(PathBuf::as_path)
    }

    /// What is on by default.
    pub(super) fn features(&self) -> &Features {
        &self.features
    }
}

fn text<'a>(table: Option<&'a Item>, key: &str) -> Option<&'a str> {
    table?.get(key)?.as_str()
}

fn in_code(name: &str) -> String {
    name.replace('-', "_")
}

fn dependencies(manifest: &DocumentMut) -> BTreeMap<String, String> {
    let table = manifest.get("dependencies").and_then(Item::as_table_like);
    let each = table.into_iter().flat_map(|it| it.iter());
    each.map(|(name, it)| {
        let package = text(Some(it), "package").unwrap_or(name);
        (in_code(name), package.to_owned())
    })
    .collect()
}

/// `default`, and what follows from it.
fn default_features(manifest: &DocumentMut) -> Features {
    let table = manifest.get("features").and_then(Item::as_table_like);
    let mut on = BTreeSet::new();
    let mut waiting = vec!["default"];
    while let Some(feature) = waiting.pop() {
        let implied = table.and_then(|it| it.get(feature)?.as_array());
        if implied.is_some() && on.insert(feature.to_owned()) {
            waiting.extend(implied.into_iter().flatten().filter_map(|it| it.as_str()));
        }
    }
    on.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_that_follow_from_the_default_are_on() {
        let features = |text: &str| default_features(&text.parse().unwrap());
        let of = |names: &[&str]| {
            names
                .iter()
                .map(|&name| name.to_owned())
                .collect::<Features>()
        };
        assert_eq!(features("[package]"), of(&[]));
        let text = "[features]\ndefault = [\"a\", \"dep:x\"]\na = [\"b\"]\nb = []\nc = []\n";
        assert_eq!(features(text), of(&["default", "a", "b"]));
    }
}
