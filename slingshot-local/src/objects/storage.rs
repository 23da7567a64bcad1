//! Buckets and objects as directories and files.
//!
//! ```text
//! <root>/<bucket>/<name of the key>             the bytes, and the moment of commit
//! <root>/.records/<bucket>/<name of the key>    the side file
//! <root>/.staging/                              files that nobody has committed yet
//! <root>/.uploads/<id>/                         multipart uploads, see `uploads`
//! ```
//!
//! Everything here blocks; the S3 side calls it from the blocking pool.

use std::{
    fs::{self, File},
    hash::{DefaultHasher, Hash as _, Hasher as _},
    io,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

use tempfile::NamedTempFile;

use super::{
    condition::WriteCondition,
    digest::Staged,
    error::StorageError,
    key::{Decoded, decode, file_name},
    record::{Identity, Properties, Record, SideFile, modified},
};

const RECORDS: &str = ".records";
const STAGING: &str = ".staging";
const UPLOADS: &str = ".uploads";

/// Keys that share a lock wait for each other's renames; more locks than that gain nothing.
const LOCKS: usize = 64;

/// The directory of all buckets.
#[derive(Debug)]
pub(super) struct Storage {
    root: PathBuf,
    locks: [Mutex<()>; LOCKS],
}

/// An object, opened.
#[derive(Debug)]
pub(super) struct Object {
    pub(super) file: File,
    pub(super) size: u64,
    pub(super) modified: SystemTime,
    pub(super) record: Record,
}

/// A bucket and its age.
#[derive(Debug)]
pub(super) struct Bucket {
    pub(super) name: String,
    pub(super) created: SystemTime,
}

impl Storage {
    /// Opens `root`, making it if need be, and removes what an earlier crash left half written.
    pub(super) fn open(root: &Path) -> io::Result<Self> {
        let storage = Self {
            root: root.to_owned(),
            locks: std::array::from_fn(|_| Mutex::new(())),
        };
        match fs::remove_dir_all(storage.staging()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        for directory in [
            storage.staging(),
            storage.uploads(),
            storage.root.join(RECORDS),
        ] {
            fs::create_dir_all(directory)?;
        }
        storage.sweep_uploads()?;
        Ok(storage)
    }

    /// Makes a bucket; says whether it is new.
    pub(super) fn create_bucket(&self, bucket: &str) -> io::Result<bool> {
        fs::create_dir_all(self.root.join(RECORDS).join(bucket))?;
        match fs::create_dir(self.root.join(bucket)) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Removes an empty bucket.
    pub(super) fn delete_bucket(&self, bucket: &str) -> Result<(), StorageError> {
        let directory = self.bucket(bucket)?;
        fs::remove_dir(directory).map_err(|error| match error.kind() {
            io::ErrorKind::DirectoryNotEmpty => StorageError::BucketNotEmpty,
            _ => error.into(),
        })?;
        fs::remove_dir_all(self.root.join(RECORDS).join(bucket))?;
        Ok(())
    }

    /// Every bucket, by name.
    pub(super) fn buckets(&self) -> Result<Vec<Bucket>, StorageError> {
        let mut buckets = Vec::new();
        for entry in fs::read_dir(&self.root)? {
            let entry = entry?;
            let metadata = entry.metadata()?;
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            if metadata.is_dir() && !name.starts_with('.') {
                let created = metadata.created().unwrap_or_else(|_| modified(&metadata));
                buckets.push(Bucket { name, created });
            }
        }
        buckets.sort_by(|left, right| left.name.cmp(&right.name));
        Ok(buckets)
    }

    /// The directory of a bucket that exists.
    pub(super) fn bucket(&self, bucket: &str) -> Result<PathBuf, StorageError> {
        let directory = self.root.join(bucket);
        if directory.is_dir() {
            Ok(directory)
        } else {
            Err(StorageError::NoSuchBucket)
        }
    }

    /// A new file for bytes to come. It disappears unless it is committed.
    pub(super) fn stage(&self) -> io::Result<NamedTempFile> {
        NamedTempFile::new_in(self.staging())
    }

    /// Opens an object together with the record that belongs to these very bytes.
    pub(super) fn read(&self, bucket: &str, key: &str) -> Result<Object, StorageError> {
        let _turn = self.turn(bucket, key);
        self.read_in_turn(bucket, key)
    }

    /// Makes staged bytes the object, at once and for every reader.
    pub(super) fn commit(
        &self,
        (bucket, key): (&str, &str),
        staged: Staged,
        properties: Properties,
        condition: &WriteCondition,
    ) -> Result<Object, StorageError> {
        let data = self.bucket(bucket)?.join(file_name(key));
        // Outside the turn: a slow disk must not make other keys wait. A power cut may then cost the
        // newest objects, never the bytes of one whose rename survived.
        staged.file.as_file().sync_data()?;
        let identity = Identity::of(&staged.file.as_file().metadata()?);

        let _turn = self.turn(bucket, key);
        let current = match self.read_in_turn(bucket, key) {
            Ok(object) => Some(object.record),
            Err(StorageError::NoSuchKey) => None,
            Err(error) => return Err(error),
        };
        condition.check(current.as_ref().map(|record| record.e_tag.as_str()))?;
        let next = Record::new(identity, staged.e_tag, properties, staged.checksums);
        self.write_side_file(bucket, &SideFile::announcing(key, next, current))?;
        staged.file.persist(&data).map_err(|error| error.error)?;
        self.read_in_turn(bucket, key)
    }

    /// Removes an object. One that is not there is removed already.
    pub(super) fn remove(
        &self,
        bucket: &str,
        key: &str,
        condition: &WriteCondition,
    ) -> Result<(), StorageError> {
        let data = self.bucket(bucket)?.join(file_name(key));
        let _turn = self.turn(bucket, key);
        if !condition.is_empty() {
            let current = self.read_in_turn(bucket, key)?.record;
            condition.check(Some(&current.e_tag))?;
        }
        for path in [data, self.side_file(bucket, &file_name(key))] {
            match fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
        }
        Ok(())
    }

    /// The key that a file of the bucket stands for; `None` for a file that is no object.
    pub(super) fn key_of(&self, bucket: &str, name: &str) -> Option<String> {
        match decode(name) {
            Decoded::Key(key) => Some(key),
            Decoded::InSideFile => {
                let side = self.read_side_file(bucket, name).ok().flatten()?;
                (file_name(&side.key) == name).then_some(side.key)
            }
            Decoded::Foreign => None,
        }
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn uploads(&self) -> PathBuf {
        self.root.join(UPLOADS)
    }

    fn staging(&self) -> PathBuf {
        self.root.join(STAGING)
    }

    fn side_file(&self, bucket: &str, name: &str) -> PathBuf {
        self.root.join(RECORDS).join(bucket).join(name)
    }

    fn turn(&self, bucket: &str, key: &str) -> MutexGuard<'_, ()> {
        let mut hasher = DefaultHasher::new();
        (bucket, key).hash(&mut hasher);
        let number = usize::try_from(hasher.finish() % LOCKS as u64).expect("less than LOCKS");
        // The lock guards files, and files survive a panic as they survive a kill.
        self.locks[number]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn read_in_turn(&self, bucket: &str, key: &str) -> Result<Object, StorageError> {
        let name = file_name(key);
        let file = match File::open(self.root.join(bucket).join(&name)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.bucket(bucket)?;
                return Err(StorageError::NoSuchKey);
            }
            Err(error) => return Err(error.into()),
        };
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(StorageError::NoSuchKey);
        }
        let side = self.read_side_file(bucket, &name)?;
        Ok(Object {
            file,
            size: metadata.len(),
            modified: modified(&metadata),
            record: SideFile::record(side.as_ref(), Identity::of(&metadata)),
        })
    }

    /// A side file that cannot be understood counts as none: the bytes are still good.
    fn read_side_file(&self, bucket: &str, name: &str) -> io::Result<Option<SideFile>> {
        match fs::read(self.side_file(bucket, name)) {
            Ok(text) => Ok(serde_json::from_slice(&text).ok()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn write_side_file(&self, bucket: &str, side: &SideFile) -> io::Result<()> {
        let path = self.side_file(bucket, &file_name(&side.key));
        self.write_json(&path, side)
    }

    /// Replaces `path` as a whole.
    pub(super) fn write_json(&self, path: &Path, value: &impl serde::Serialize) -> io::Result<()> {
        let mut file = self.stage()?;
        io::Write::write_all(&mut file, &serde_json::to_vec(value)?)?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    }
}
