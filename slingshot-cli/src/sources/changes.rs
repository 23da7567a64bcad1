//! Waiting until a file changes that somebody has looked at.

use std::{path::Path, time::Duration};

use tokio::time::sleep;

use super::Seen;
use crate::project::shown;

/// How often we look. Files are asked for their times alone, as `slingshot sys-map serve` does.
const LOOK: Duration = Duration::from_millis(250);
/// Every how many looks we ask what names stand for: git is a process of its own each time.
const LOOKS_PER_NAME: u32 = 4;
/// How long nothing must have changed: whoever switches branches writes many files.
const STILL: Duration = Duration::from_millis(300);

impl Seen {
    /// Waits for a change, and then for stillness. The first file that changed, as somebody in `here`
    /// writes it, and how many others.
    pub(crate) async fn changes(&self, here: &Path) -> String {
        let mut changed = Vec::new();
        let mut looks = 0;
        while changed.is_empty() {
            sleep(LOOK).await;
            changed = self.changed();
            looks = (looks + 1) % LOOKS_PER_NAME;
            if looks == 0 {
                changed.extend(self.renamed());
            }
        }
        loop {
            sleep(STILL).await;
            let more = [self.changed(), self.renamed()].concat();
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
