//! The middle service in Python: processes under a supervisor, from the wheel.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use crate::done;

/// What the service in Python stands on, beside the wheel.
const PACKAGES: [&str; 2] = ["sqlalchemy>=2", "psycopg[binary]>=3.1"];

/// The wheel of this checkout; `SLINGSHOT_TEST_WHEEL` names one that is there already.
fn wheel() -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/python-wheel");
    let targets = Path::new(env!("CARGO_TARGET_TMPDIR")).parent();
    let targets = targets.expect("it is a directory in cargo's");
    let built = done(Command::new(script).env("CARGO_TARGET_DIR", targets));
    built.trim().to_owned()
}

/// An interpreter that has the wheel as its users install it.
fn python() -> PathBuf {
    let environment = Path::new(env!("CARGO_TARGET_TMPDIR")).join("chaos-python");
    let python = environment.join("bin/python");
    if !python.exists() {
        done(
            Command::new("python3")
                .args(["-m", "venv"])
                .arg(&environment),
        );
    }
    let install = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ];
    done(Command::new(&python).args(install).args(PACKAGES));
    let afresh = ["--force-reinstall", "--no-deps", &wheel()];
    done(Command::new(&python).args(install).args(afresh));
    python
}

#[test]
fn nothing_is_lost_with_python_in_the_middle() {
    let mut chaos = Command::new(env!("CARGO_BIN_EXE_slingshot-chaos"));
    chaos.args(["--short", "--seed", "3", "--python"]);
    println!("{}", done(chaos.arg(python())));
}
