//! Nothing but the built-in handlers for files, for `system/handlers_files.rs`.

fn main() -> std::process::ExitCode {
    slingshot::run()
}
