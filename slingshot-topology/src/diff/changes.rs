//! What changes, class by class.

mod boundary;
mod declared;
mod endpoints;
mod routes;
mod services;
mod settings;

use super::{Change, Comparison};
use crate::wiring::Wiring;

/// Every change, in the order of the new file; what is gone comes after what is there.
pub(super) fn between(comparison: &Comparison<'_>, wiring: &Wiring<'_>) -> Vec<Change> {
    let mut changes = Vec::new();
    boundary::changes(comparison, wiring, &mut changes);
    declared::changes(comparison, &mut changes);
    let names = comparison.new_names(wiring);
    services::changes(comparison, wiring, &names, &mut changes);
    for kept in &comparison.kept {
        routes::changes(comparison, kept, (wiring, &names), &mut changes);
        settings::buckets(kept, &mut changes);
        settings::changes(kept, &mut changes);
    }
    endpoints::changes(comparison, &mut changes);
    changes
}
