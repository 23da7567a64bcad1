//! Three services in one binary: `clean` → `count` → `report`. `slingshot run` gives each a process
//! of its own.

mod clean;
mod count;
mod report;

fn main() -> std::process::ExitCode {
    slingshot::run()
}
