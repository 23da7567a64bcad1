//! The last good answers, on disk: with them a service starts while the sys-map is down.
//!
//! A file holds one answer: the URL that was asked and the text that was understood. It is as old as it
//! was last modified, which each confirmation of the same answer renews. Answers hold references to
//! secrets and no secrets; still nobody else may read the files, nor write them: whoever could would say
//! which broker gets the password.

use std::{
    ffi::OsStr,
    fmt::Write as _,
    fs::{self, DirBuilder, File, Metadata},
    io::{self, Read as _, Write as _},
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use reqwest::Url;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{address::shown, answer::Answer, error::KeptError, http::LONGEST_ANSWER};

/// An answer that nobody has confirmed for so long is nobody's any more.
const LONGEST_KEPT: Duration = Duration::from_hours(30 * 24);

/// Text in JSON is at most six times as long, and there is a URL before it.
const LONGEST_FILE: u64 = 7 * LONGEST_ANSWER as u64;

/// Bytes of a question's digest, which its file is called by.
const DIGEST: usize = 32;

/// What the names of files begin with that are not whole yet.
const NEW: &str = "new.";

/// Where answers are kept.
#[derive(Clone, Debug)]
pub(super) struct KeptAnswers {
    directory: PathBuf,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    url: String,
    answer: String,
}

impl KeptAnswers {
    /// Opens the directory, and removes what is too old in it.
    pub(super) fn open(state: &Path) -> Result<Self, KeptError> {
        let directory = state.join("sys-map");
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&directory)?;
        owned(&fs::metadata(&directory)?)?;
        let kept = Self { directory };
        kept.sweep()?;
        Ok(kept)
    }

    /// The last good answer, and its age; none if there is none.
    pub(super) fn read<A: Answer>(&self, url: &Url) -> Option<(A, Duration)> {
        let path = self.path(url);
        match read(&path, &shown(url)) {
            Ok(found) => Some(found),
            Err(KeptError::Io(error)) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => {
                let file = path.display();
                tracing::warn!(%file, %error, "a kept answer of the sys-map is not used");
                None
            }
        }
    }

    /// Keeps an answer in place of the one before, in one step.
    pub(super) fn keep(&self, url: &Url, answer: String) -> Result<(), KeptError> {
        let (path, url) = (self.path(url), shown(url));
        let kept = serde_json::to_vec(&Kept { url, answer })?;
        if fs::read(&path).is_ok_and(|known| known == kept) {
            // Nothing but its age is new.
            return Ok(File::options()
                .write(true)
                .open(&path)?
                .set_modified(SystemTime::now())?);
        }
        let mut file = tempfile::Builder::new()
            .prefix(NEW)
            .tempfile_in(&self.directory)?;
        file.write_all(&kept)?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    }

    fn path(&self, url: &Url) -> PathBuf {
        let digest = Sha256::digest(shown(url).as_bytes());
        let mut name = String::with_capacity(digest.len() * 2);
        for byte in &digest {
            write!(name, "{byte:02x}").expect("a string takes any text");
        }
        self.directory.join(name).with_extension("json")
    }

    fn sweep(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.directory)? {
            let entry = entry?;
            let age = entry.metadata()?.modified()?.elapsed();
            if is_ours(&entry.file_name()) && age.is_ok_and(|age| age > LONGEST_KEPT) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }
}

fn read<A: Answer>(path: &Path, url: &str) -> Result<(A, Duration), KeptError> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    owned(&metadata)?;
    let mut text = String::new();
    file.take(LONGEST_FILE).read_to_string(&mut text)?;
    let kept: Kept = serde_json::from_str(&text)?;
    if kept.url != url {
        return Err(KeptError::OtherUrl);
    }
    let age = metadata.modified()?.elapsed().unwrap_or_default();
    Ok((A::read(&kept.answer)?, age))
}

/// Whether a file has a name that we give.
fn is_ours(name: &OsStr) -> bool {
    let Some(name) = name.to_str() else {
        return false;
    };
    let digest = name.strip_suffix(".json");
    name.starts_with(NEW) || digest.is_some_and(|digest| digest.len() == 2 * DIGEST)
}

/// Ours, and nobody else's to write.
fn owned(metadata: &Metadata) -> Result<(), KeptError> {
    let ours = metadata.uid() == rustix::process::geteuid().as_raw();
    if ours && metadata.mode() & 0o022 == 0 {
        Ok(())
    } else {
        Err(KeptError::Foreign)
    }
}

#[cfg(test)]
mod tests {
    use std::{fs::Permissions, os::unix::fs::PermissionsExt as _};

    use tempfile::TempDir;

    use super::*;
    use crate::sys_map::Bucket;

    fn url(path: &str) -> Url {
        Url::parse("http://me:hunter2@map/")
            .unwrap()
            .join(path)
            .unwrap()
    }

    fn place() -> (TempDir, KeptAnswers) {
        let directory = TempDir::new().unwrap();
        let kept = KeptAnswers::open(&directory.path().join("state")).unwrap();
        (directory, kept)
    }

    fn bucket(kept: &KeptAnswers, path: &str) -> Option<String> {
        kept.read(&url(path)).map(|(Bucket(name), _)| name)
    }

    #[test]
    fn the_last_answer_to_each_question_is_kept_for_its_owner() {
        let (_directory, kept) = place();
        assert_eq!(bucket(&kept, "sniff/in"), None);
        for (path, name) in [
            ("sniff/in", "raw"),
            ("sniff/out", "made"),
            ("sniff/in", "rare"),
        ] {
            kept.keep(&url(path), name.to_owned()).unwrap();
        }
        assert_eq!(bucket(&kept, "sniff/in").as_deref(), Some("rare"));
        assert_eq!(bucket(&kept, "sniff/out").as_deref(), Some("made"));
        let path = kept.path(&url("sniff/in"));
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text, r#"{"url":"http://map/sniff/in","answer":"rare"}"#);
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(&kept.directory).unwrap().mode() & 0o777, 0o700);
        assert_eq!(fs::read_dir(&kept.directory).unwrap().count(), 2);
    }

    #[test]
    fn an_answer_is_as_old_as_its_confirmation_and_is_removed_after_a_month() {
        let (directory, kept) = place();
        let aged = |age| {
            kept.keep(&url("sniff/in"), "raw".to_owned()).unwrap();
            let file = File::options()
                .write(true)
                .open(kept.path(&url("sniff/in")))
                .unwrap();
            file.set_modified(SystemTime::now() - age).unwrap();
        };
        let age = || kept.read::<Bucket>(&url("sniff/in")).unwrap().1.as_secs() / 3600;
        aged(LONGEST_KEPT / 2);
        KeptAnswers::open(&directory.path().join("state")).unwrap();
        assert_eq!(age(), 15 * 24);
        kept.keep(&url("sniff/in"), "raw".to_owned()).unwrap();
        assert_eq!(age(), 0);
        aged(LONGEST_KEPT + Duration::from_mins(1));
        KeptAnswers::open(&directory.path().join("state")).unwrap();
        assert_eq!(bucket(&kept, "sniff/in"), None);
    }

    #[test]
    fn what_is_broken_or_somebody_else_s_is_not_used_and_is_replaced() {
        let (_directory, kept) = place();
        let path = kept.path(&url("sniff/in"));
        for text in [
            "",
            "{",
            "\u{fffd}",
            r#"{"url":"http://map/sniff/out","answer":"raw"}"#,
            r#"{"url":"http://map/sniff/in","answer":"<html>"}"#,
        ] {
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
            assert_eq!(bucket(&kept, "sniff/in"), None, "{text}");
        }
        kept.keep(&url("sniff/in"), "raw".to_owned()).unwrap();
        assert_eq!(bucket(&kept, "sniff/in").as_deref(), Some("raw"));
        fs::set_permissions(&path, Permissions::from_mode(0o660)).unwrap();
        assert_eq!(bucket(&kept, "sniff/in"), None);
    }

    #[test]
    fn a_directory_that_others_may_write_is_refused() {
        let directory = TempDir::new().unwrap();
        let state = directory.path().join("sys-map");
        fs::create_dir(&state).unwrap();
        fs::set_permissions(&state, Permissions::from_mode(0o777)).unwrap();
        let error = KeptAnswers::open(directory.path()).unwrap_err();
        assert!(matches!(error, KeptError::Foreign), "{error}");
    }
}
