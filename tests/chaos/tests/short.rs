//! The short form, as everybody's tests run it.

use std::process::Command;

#[test]
fn nothing_is_lost_whatever_breaks() {
    let output = Command::new(env!("CARGO_BIN_EXE_slingshot-chaos"))
        .args(["--short", "--seed", "3"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let remarks = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{remarks}\n{said}");
    println!("{said}");
}
