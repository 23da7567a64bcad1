//! Multipart uploads: parts as files, and their union as an object.
//!
//! ```text
//! <root>/.uploads/<id>/upload.json     what the object will be
//! <root>/.uploads/<id>/00001.json      a part: the commit of the bytes that it names
//! <root>/.uploads/<id>/<random>        the bytes of a part
//! ```

mod union;

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use serde::{Deserialize, Serialize};

use self::union::{composite, composite_e_tag, select};
use super::{
    condition::WriteCondition,
    digest::{Digester, Staged},
    error::StorageError,
    record::{Checksums, Properties},
    storage::{Object, Storage},
};

/// S3's bound.
const LARGEST_PART_NUMBER: i32 = 10_000;
/// An upload that nobody completed for so long is swept when the store starts.
const ABANDONED: Duration = Duration::from_hours(7 * 24);

const UPLOAD: &str = "upload.json";

/// What a multipart upload will become.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Upload {
    pub(super) bucket: String,
    pub(super) key: String,
    pub(super) properties: Properties,
    /// The checksum algorithm, upper case as S3 writes it.
    pub(super) algorithm: Option<String>,
    /// Whether the checksum is of the whole object instead of the parts' checksums.
    pub(super) full_object: bool,
    pub(super) initiated: SystemTime,
}

/// A part that is on disk.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Part {
    pub(super) number: i32,
    pub(super) size: u64,
    pub(super) e_tag: String,
    pub(super) checksums: Checksums,
    pub(super) modified: SystemTime,
    file: String,
}

/// A part as the client lists it for completion.
#[derive(Debug)]
pub(super) struct Listed {
    pub(super) number: i32,
    pub(super) e_tag: Option<String>,
    pub(super) checksums: Checksums,
}

impl Storage {
    /// Begins an upload and gives it an id that cannot be guessed.
    pub(super) fn begin_upload(&self, upload: &Upload) -> Result<String, StorageError> {
        self.bucket(&upload.bucket)?;
        let directory = tempfile::Builder::new()
            .prefix("")
            .rand_bytes(32)
            .tempdir_in(self.uploads())?;
        self.write_json(&directory.path().join(UPLOAD), upload)?;
        let directory = directory.keep();
        let id = directory
            .file_name()
            .expect("a directory inside `.uploads`");
        Ok(id.to_string_lossy().into_owned())
    }

    /// The upload `id`, if it is one of this bucket and key.
    pub(super) fn upload(
        &self,
        (bucket, key): (&str, &str),
        id: &str,
    ) -> Result<Upload, StorageError> {
        let upload: Upload = read_json(&self.upload_directory(id)?.join(UPLOAD))?
            .ok_or(StorageError::NoSuchUpload)?;
        if upload.bucket == bucket && upload.key == key {
            Ok(upload)
        } else {
            Err(StorageError::NoSuchUpload)
        }
    }

    /// The uploads of a bucket that are neither complete nor aborted, by key and id.
    pub(super) fn open_uploads(&self, bucket: &str) -> Result<Vec<(String, Upload)>, StorageError> {
        self.bucket(bucket)?;
        let mut uploads = Vec::new();
        for entry in fs::read_dir(self.uploads())? {
            let entry = entry?;
            if let (Ok(id), Some(upload)) = (
                entry.file_name().into_string(),
                read_json::<Upload>(&entry.path().join(UPLOAD))?,
            ) && upload.bucket == bucket
            {
                uploads.push((id, upload));
            }
        }
        uploads.sort_by(|left, right| (&left.1.key, &left.0).cmp(&(&right.1.key, &right.0)));
        Ok(uploads)
    }

    /// Keeps a part, in place of an earlier one of the same number.
    pub(super) fn put_part(
        &self,
        id: &str,
        number: i32,
        staged: Staged,
    ) -> Result<Part, StorageError> {
        if !(1..=LARGEST_PART_NUMBER).contains(&number) {
            return Err(StorageError::InvalidArgument {
                argument: "partNumber",
            });
        }
        let directory = self.upload_directory(id)?;
        let (_, path) = tempfile::Builder::new()
            .prefix("part-")
            .tempfile_in(&directory)
            .map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => StorageError::NoSuchUpload,
                _ => error.into(),
            })?
            .keep()
            .map_err(|error| error.error)?;
        let name = path
            .file_name()
            .expect("a file inside the upload's directory");
        let part = Part {
            number,
            size: staged.size,
            e_tag: staged.e_tag,
            checksums: staged.checksums,
            modified: SystemTime::now(),
            file: name.to_string_lossy().into_owned(),
        };
        staged.file.persist(&path).map_err(|error| error.error)?;
        let commit = directory.join(format!("{number:05}.json"));
        let earlier: Option<Part> = read_json(&commit)?;
        self.write_json(&commit, &part)?;
        if let Some(earlier) = earlier {
            fs::remove_file(directory.join(earlier.file))?;
        }
        Ok(part)
    }

    /// The parts on disk, by number.
    pub(super) fn parts(&self, id: &str) -> Result<Vec<Part>, StorageError> {
        let mut parts = Vec::new();
        for entry in fs::read_dir(self.upload_directory(id)?)? {
            let path = entry?.path();
            let is_part = path
                .extension()
                .is_some_and(|extension| extension == "json")
                && path.file_name().is_some_and(|name| name != UPLOAD);
            if is_part && let Some(part) = read_json(&path)? {
                parts.push(part);
            }
        }
        parts.sort_by_key(|part: &Part| part.number);
        Ok(parts)
    }

    /// Joins the listed parts into the object and ends the upload.
    pub(super) fn complete_upload(
        &self,
        id: &str,
        upload: Upload,
        listed: &[Listed],
        promised: &Checksums,
        condition: &WriteCondition,
    ) -> Result<Object, StorageError> {
        let directory = self.upload_directory(id)?;
        let parts = select(&self.parts(id)?, listed)?;
        let staged = self.join(&directory, &upload, &parts)?;
        if !staged.checksums.composite {
            promised.compare(&staged.checksums)?;
        }
        let object = self.commit(
            (&upload.bucket, &upload.key),
            staged,
            upload.properties,
            condition,
        )?;
        fs::remove_dir_all(directory)?;
        Ok(object)
    }

    /// Ends an upload and removes its parts.
    pub(super) fn abort_upload(&self, id: &str) -> Result<(), StorageError> {
        Ok(fs::remove_dir_all(self.upload_directory(id)?)?)
    }

    /// Removes uploads that were begun too long ago, and directories that hold none.
    pub(super) fn sweep_uploads(&self) -> io::Result<()> {
        for entry in fs::read_dir(self.uploads())? {
            let path = entry?.path();
            let upload: Option<Upload> = read_json(&path.join(UPLOAD))?;
            let fresh = upload
                .is_some_and(|upload| upload.initiated.elapsed().is_ok_and(|age| age < ABANDONED));
            if !fresh {
                fs::remove_dir_all(path)?;
            }
        }
        Ok(())
    }

    fn join(
        &self,
        directory: &Path,
        upload: &Upload,
        parts: &[Part],
    ) -> Result<Staged, StorageError> {
        let mut target = self.stage()?;
        for part in parts {
            // Between two files the kernel copies without our memory.
            io::copy(
                &mut File::open(directory.join(&part.file))?,
                target.as_file_mut(),
            )?;
        }
        let checksums = match &upload.algorithm {
            Some(algorithm) if upload.full_object => {
                let mut digester = Digester::new(&Checksums::default(), Some(algorithm));
                digester.update_from(target.as_file_mut())?;
                digester.finish().2
            }
            _ => composite(parts),
        };
        Ok(Staged {
            size: parts.iter().map(|part| part.size).sum(),
            e_tag: composite_e_tag(parts),
            checksums,
            file: target,
        })
    }

    /// The directory of an upload. The id came from outside and may not lead elsewhere.
    fn upload_directory(&self, id: &str) -> Result<PathBuf, StorageError> {
        let directory = self.uploads().join(id);
        if id.bytes().all(|byte| byte.is_ascii_alphanumeric())
            && !id.is_empty()
            && directory.is_dir()
        {
            Ok(directory)
        } else {
            Err(StorageError::NoSuchUpload)
        }
    }
}

/// A JSON file that may be missing, or half of something that a crash left: then it is as missing.
fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> io::Result<Option<T>> {
    match fs::read(path) {
        Ok(text) => Ok(serde_json::from_slice(&text).ok()),
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
