//! The command `cargo slingshot`, which cargo starts as `cargo-slingshot slingshot …`.

fn main() -> std::process::ExitCode {
    slingshot_cli::main()
}
