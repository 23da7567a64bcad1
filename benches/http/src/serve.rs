//! The contestants.

mod bare_actix;
mod bare_axum;
mod seed;
mod slingshot_handlers;

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Contestant {
    Axum,
    Actix,
    Seed,
    Slingshot,
}

impl Contestant {
    pub(crate) const ALL: [Self; 4] = [Self::Axum, Self::Actix, Self::Seed, Self::Slingshot];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Axum => "axum",
            Self::Actix => "actix",
            Self::Seed => "seed",
            Self::Slingshot => "slingshot",
        }
    }

    pub(crate) fn serve(self, port: u16) -> anyhow::Result<()> {
        match self {
            Self::Axum => bare_axum::serve(port),
            Self::Actix => bare_actix::serve(port),
            Self::Seed => seed::serve(),
            Self::Slingshot => slingshot_handlers::serve(),
        }
    }

    /// The predecessor listens where it listens.
    pub(crate) fn port(self, free: u16) -> u16 {
        match self {
            Self::Seed => 8080,
            _ => free,
        }
    }
}

/// What everybody reads.
#[derive(Deserialize)]
struct Envelope {
    #[allow(dead_code, reason = "read, as the predecessor reads it")]
    src: String,
    data: String,
}

/// What everybody answers.
#[derive(Serialize)]
struct Answer {
    status: &'static str,
    message: String,
}

impl Answer {
    fn of(message: String) -> Self {
        Self {
            status: "ok",
            message,
        }
    }
}
