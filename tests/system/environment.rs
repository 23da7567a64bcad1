//! The services that the tests were given.

use std::path::{Path, PathBuf};

#[expect(
    clippy::disallowed_methods,
    reason = "the one place where this package reads the environment"
)]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The path of a reader who has installed what is in a directory.
pub(crate) fn path_with(directory: &Path) -> String {
    format!("{}:{}", directory.display(), required("PATH"))
}

fn required(name: &str) -> String {
    let message = format!("{name} is not set; run this through scripts/with-services");
    variable(name).expect(&message)
}

/// A RabbitMQ to compare with.
pub(crate) fn amqp_url() -> String {
    required("SLINGSHOT_TEST_AMQP_URL")
}

/// A PostgreSQL whose user may create databases.
pub(crate) fn database_url() -> String {
    required("SLINGSHOT_TEST_DATABASE_URL")
}

/// A Python with pika.
pub(crate) fn python() -> String {
    required("SLINGSHOT_TEST_PYTHON")
}

/// Where the RabbitMQ's `rabbitmqctl` is.
pub(crate) fn rabbitmq_tools() -> PathBuf {
    required("SLINGSHOT_TEST_RABBITMQ_TOOLS").into()
}
