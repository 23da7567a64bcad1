//! The clone that the tests are part of, and the binaries built from it.

use std::{
    path::{Path, PathBuf},
    sync::OnceLock,
};

/// The root of the repository.
pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The directory of the built binaries, the one above this test's own. The command line and the
/// examples are in it.
pub(crate) fn binaries() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let status = std::process::Command::new(env!("CARGO"))
            .args([
                "build",
                "--quiet",
                "--package",
                "slingshot-cli",
                "--package",
                "documents",
                "--package",
                "inbox",
                "--package",
                "mixed",
            ])
            .current_dir(repository())
            .status()
            .unwrap();
        assert!(
            status.success(),
            "the command line and the examples do not build"
        );
        let test = std::env::current_exe().unwrap();
        test.ancestors().nth(2).unwrap().to_owned()
    })
}
