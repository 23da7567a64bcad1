//! The command `slingshot`.

fn main() {}
