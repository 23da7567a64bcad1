//! Waiting until a file changes that somebody has looked at.

use std::{path::Path, time::Duration};

use tokio::time::sleep;

use super::Seen;
use crate::project::shown;

/// How often we look. Files are asked for their times alone, as `slingshot sys-map serve` does.
const LOOK: Duration = Duration::from_millis(250);
/// How long nothing must have changed: whoever switches branches writes many files.
const STILL: Duration = Duration::from_millis(300);

impl Seen {
    /// Waits for a change, and then for stillness. The first file that changed, as somebody in `here`
    /// writes it, and how many others.
    pub(crate) async fn changes(&self, here: &Path) -> String {
        let mut changed = Vec::new();
        while changed.is_empty() {
            sleep(LOOK).await;
            changed = self.changed();
        }
        loop {
            sleep(STILL).await;
            let more = self.changed();
            if more.is_empty() {
                break;
            }
            changed.extend(
                more.into_iter()
                    .filter(|path| !changed.contains(path))
                    .collect::<Vec<_>>(),
            );
        }
        let first = changed.first().map(|path| shown(path, here).to_string());
        let first = first.unwrap_or_default();
        match changed.len() {
            0 | 1 => first,
            many => format!("{first} and {}", files(many - 1)),
        }
    }
}

/// So many files, in words.
pub(crate) fn files(count: usize) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} file{plural}")
}
