//! The embedded parts over their own protocols, as any client sees them.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

#[path = "it/database.rs"]
mod database;
#[path = "it/objects.rs"]
mod objects;
#[path = "it/sys_map.rs"]
mod sys_map;
#[path = "it/system.rs"]
mod system;

/// An HTTP client; `reqwest` wants a TLS provider even for plain HTTP.
fn plain_http() -> reqwest::Client {
    // The second caller finds it installed already.
    drop(rustls::crypto::ring::default_provider().install_default());
    reqwest::Client::new()
}
