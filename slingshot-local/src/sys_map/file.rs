//! The file that the map comes from.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use slingshot_topology::{Diagnostic, Severity, SourceFile, System, read_json, read_toml};
use tokio::{sync::watch, time::sleep};

use super::{Engines, SysMapError};

/// How often we look at the file. A person who saves it waits no longer than this.
const LOOK: Duration = Duration::from_millis(500);

/// A file and what of it has been seen.
#[derive(Debug)]
pub(super) struct Watched {
    path: PathBuf,
    engines: Engines,
    text: String,
    stamp: Stamp,
}

/// By this we see that a file may have changed without reading it. None while there is no file.
pub(super) type Stamp = Option<(SystemTime, u64)>;

impl Watched {
    /// Reads the file for the first time, when nothing but a good one will do.
    pub(super) fn open(path: PathBuf, engines: Engines) -> Result<(System, Self), SysMapError> {
        let stamp = stamp(&path);
        let text = fs::read_to_string(&path).map_err(|source| SysMapError::Unreadable {
            path: path.clone(),
            source,
        })?;
        let system = match parse(&path, &text) {
            Ok(system) => engines.complete(system),
            Err(findings) => return Err(SysMapError::Broken { path, findings }),
        };
        let watched = Self {
            path,
            engines,
            text,
            stamp,
        };
        Ok((system, watched))
    }

    /// Publishes every good change until nobody listens.
    pub(super) async fn follow(mut self, publish: watch::Sender<Arc<System>>) {
        while !publish.is_closed() {
            sleep(LOOK).await;
            if let Some(system) = self.look() {
                tracing::info!(file = %self.path.display(), "the sys-map changed and is read again");
                publish.send_replace(Arc::new(system));
            }
        }
    }

    /// The new system, if there is a good one.
    fn look(&mut self) -> Option<System> {
        let stamp = stamp(&self.path);
        if stamp == self.stamp {
            return None;
        }
        self.stamp = stamp;
        let text = match fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) => {
                let file = self.path.display();
                tracing::warn!(%file, %error, "the sys-map cannot be read; the last good one stays");
                return None;
            }
        };
        if text == self.text {
            return None;
        }
        self.text = text;
        // An editor that is about to write is no system without services.
        if self.text.trim().is_empty() {
            return None;
        }
        match parse(&self.path, &self.text) {
            Ok(system) => Some(self.engines.complete(system)),
            Err(findings) => {
                let error = first(&findings);
                tracing::warn!(%error, "the sys-map has errors; the last good one stays");
                None
            }
        }
    }
}

pub(super) fn stamp(path: &Path) -> Stamp {
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

fn parse(path: &Path, text: &str) -> Result<System, Vec<Diagnostic>> {
    let file = SourceFile::new(path.display().to_string(), text);
    let (system, findings) = match path.extension() {
        Some(extension) if extension == "json" => read_json(&file),
        _ => read_toml(&file),
    };
    if findings.iter().any(is_error) {
        return Err(findings);
    }
    Ok(system)
}

fn is_error(finding: &Diagnostic) -> bool {
    finding.severity == Severity::Error
}

/// The first error, with its place.
pub(super) fn first(findings: &[Diagnostic]) -> String {
    let Some(finding) = findings.iter().find(|finding| is_error(finding)) else {
        return "none".to_owned();
    };
    match finding.span() {
        Some(span) => format!("{span}: {}", finding.message),
        None => finding.message.clone(),
    }
}
