//! What a machine or a project lacks for a build, and its remedy.

use std::{ffi::OsStr, path::PathBuf};

use crate::exit::{Exit, Failure};

/// Rust links with the C compiler, and some libraries are C.
const COMPILER: &str = "cc";
const NO_COMPILER: &str = "there is no C compiler `cc` on the PATH, which Rust links with: install the package \
    build-essential (Debian, Ubuntu), gcc (Fedora) or base-devel (Arch),\nor run xcode-select --install (macOS)";

pub(super) fn no_cargo(cargo: &OsStr, error: std::io::Error) -> Failure {
    Failure::usage(format!("cannot start {}", cargo.display()))
        .because(error)
        .help("install Rust from https://rustup.rs, and open a new shell so that cargo is on the PATH")
}

pub(super) fn unreadable_project(words: &[u8]) -> Failure {
    let words = String::from_utf8_lossy(words);
    let words = words.trim().trim_start_matches("error: ");
    let failure = Failure::usage("cargo cannot read the project").because(words.to_owned());
    if words.contains("could not find `Cargo.toml`") {
        failure.help("slingshot.toml stands beside the Cargo.toml of its services; a project with both: slingshot new NAME")
    } else {
        failure
    }
}

/// `path` is where programs are looked for.
pub(super) fn build_failed(path: &[PathBuf]) -> Failure {
    let failed = Failure::new(Exit::Findings, "the build failed; the lines above say why");
    if path
        .iter()
        .any(|directory| directory.join(COMPILER).is_file())
    {
        failed
    } else {
        failed.help(NO_COMPILER)
    }
}
