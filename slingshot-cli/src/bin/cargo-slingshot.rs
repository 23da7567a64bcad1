//! The command `cargo-slingshot`.

fn main() {}
