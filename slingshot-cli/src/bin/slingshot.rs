//! The command `slingshot`.

fn main() -> std::process::ExitCode {
    slingshot_cli::main()
}
