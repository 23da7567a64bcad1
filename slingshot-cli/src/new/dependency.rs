//! Where the new project finds Slingshot, and which cargo workspace it lands in.

use std::path::{Path, PathBuf};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use toml_edit::{DocumentMut, Value};

use crate::exit::Failure;

/// What a path of a URL holds only encoded.
const NOT_IN_PATHS: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Where Slingshot's packages are.
pub(crate) enum Dependency {
    /// In a checkout.
    Checkout(PathBuf),
    /// In the registries.
    Released,
}

impl Dependency {
    /// The checkout that is named, else the one that this command was built from, if it is still there.
    ///
    /// # Errors
    ///
    /// If `named` is no checkout of Slingshot.
    pub(crate) fn of(named: Option<&Path>, here: &Path) -> Result<Self, Failure> {
        let built_from = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
        let Some(named) = named else {
            let checkout = built_from.filter(|checkout| is_checkout(checkout));
            return Ok(checkout.map_or(Self::Released, |it| Self::Checkout(it.to_owned())));
        };
        let checkout = here.join(named);
        let checkout = std::fs::canonicalize(&checkout).unwrap_or(checkout);
        if is_checkout(&checkout) {
            return Ok(Self::Checkout(checkout));
        }
        Err(
            Failure::usage(format!("{} is no checkout of Slingshot", named.display())).help(
                "--slingshot-path takes the directory whose Cargo.toml has the package `slingshot`",
            ),
        )
    }

    /// The right-hand side of `slingshot = …`.
    pub(crate) fn in_manifest(&self) -> String {
        match self {
            Self::Checkout(checkout) => {
                let path = Value::from(checkout.to_string_lossy().into_owned());
                format!("{{ path = {path} }}")
            }
            Self::Released => format!("\"{}\"", env!("CARGO_PKG_VERSION")),
        }
    }

    /// A line of `requirements.txt`.
    pub(crate) fn in_requirements(&self) -> String {
        match self {
            Self::Checkout(checkout) => {
                let package = checkout.join("slingshot-python");
                let path = package.to_string_lossy();
                let path = utf8_percent_encode(&path, NOT_IN_PATHS);
                format!("slingshot-microservice @ file://{path}")
            }
            Self::Released => format!("slingshot-microservice=={}", env!("CARGO_PKG_VERSION")),
        }
    }
}

/// The nearest manifest above `directory` that has a `[workspace]` table: cargo would take the new
/// project for a member that it forgot.
pub(crate) fn enclosing_workspace(directory: &Path) -> Option<PathBuf> {
    directory
        .ancestors()
        .skip(1)
        .map(|parent| parent.join("Cargo.toml"))
        .find(|manifest| read(manifest).is_some_and(|document| document.contains_key("workspace")))
}

fn is_checkout(directory: &Path) -> bool {
    read(&directory.join("Cargo.toml")).is_some_and(|document| {
        document
            .get("package")
            .and_then(|package| package.get("name"))
            .and_then(|name| name.as_str())
            == Some("slingshot")
    })
}

fn read(manifest: &Path) -> Option<DocumentMut> {
    std::fs::read_to_string(manifest).ok()?.parse().ok()
}
