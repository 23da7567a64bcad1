//! On macOS a module that leaves Python's symbols to its process has to be linked so.

fn main() {
    pyo3_build_config::add_extension_module_link_args();
}
