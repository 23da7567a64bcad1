//! Where the new project finds Slingshot, and which cargo workspace it lands in.

use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, Value};

use crate::exit::Failure;

/// The right-hand side of `slingshot = …`.
///
/// # Errors
///
/// If `named` is no checkout of Slingshot.
pub(crate) fn slingshot(named: Option<&Path>, here: &Path) -> Result<String, Failure> {
    if let Some(named) = named {
        let checkout = here.join(named);
        let checkout = std::fs::canonicalize(&checkout).unwrap_or(checkout);
        if !is_checkout(&checkout) {
            return Err(Failure::usage(format!(
                "{} is no checkout of Slingshot",
                named.display()
            ))
            .help("--slingshot-path takes the directory whose Cargo.toml has the package `slingshot`"));
        }
        return Ok(path_dependency(&checkout));
    }
    let built_from = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    Ok(match built_from.filter(|checkout| is_checkout(checkout)) {
        Some(checkout) => path_dependency(checkout),
        None => format!("\"{}\"", env!("CARGO_PKG_VERSION")),
    })
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

fn path_dependency(checkout: &Path) -> String {
    let path = Value::from(checkout.to_string_lossy().into_owned());
    format!("{{ path = {path} }}")
}

fn read(manifest: &Path) -> Option<DocumentMut> {
    std::fs::read_to_string(manifest).ok()?.parse().ok()
}
