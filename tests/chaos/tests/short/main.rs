//! The short forms, as everybody's tests run them: side by side, because most of their time is waiting.

mod python;

use std::process::Command;

/// The standard output of a command that succeeds.
fn done(command: &mut Command) -> String {
    let output = command.output().expect("it can be started");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let remarks = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}\n{remarks}\n{said}");
    said
}

#[test]
fn nothing_is_lost_whatever_breaks() {
    let mut chaos = Command::new(env!("CARGO_BIN_EXE_slingshot-chaos"));
    println!("{}", done(chaos.args(["--short", "--seed", "3"])));
}
