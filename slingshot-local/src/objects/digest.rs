//! Bytes on their way to disk: counted, hashed, and compared with what the client promised.

use std::io::{self, Read, Seek as _, SeekFrom, Write as _};

use futures_util::TryStreamExt as _;
use s3s::{
    TrailingHeaders,
    checksum::ChecksumHasher,
    crypto::{Checksum as _, Crc32, Crc32c, Crc64Nvme, Md5, Sha1, Sha256},
    dto::StreamingBlob,
};
use tempfile::NamedTempFile;
use tokio::io::AsyncWriteExt as _;

use super::{error::StorageError, record::Checksums};
use crate::hex;

/// What is written to disk in one go; a body of any size takes no more memory than this.
const BUFFER: usize = 256 * 1024;

/// Bytes on disk that wait for their commit.
#[derive(Debug)]
pub(super) struct Staged {
    pub(super) file: NamedTempFile,
    pub(super) size: u64,
    pub(super) e_tag: String,
    pub(super) checksums: Checksums,
}

/// The digests that a request gives for its body.
#[derive(Debug, Default)]
pub(super) struct Promised {
    pub(super) md5: Option<String>,
    pub(super) checksums: Checksums,
    /// The algorithm of a checksum that the trailers will bring.
    pub(super) algorithm: Option<String>,
    /// Where the checksum will be once the body is read.
    pub(super) trailers: Option<TrailingHeaders>,
}

/// Hashes what passes.
pub(super) struct Digester {
    md5: Md5,
    checksums: ChecksumHasher,
    size: u64,
}

impl Digester {
    pub(super) fn new(wanted: &Checksums, algorithm: Option<&str>) -> Self {
        let wants = |given: &Option<String>, name: &str| {
            given.is_some() || algorithm.is_some_and(|named| named.eq_ignore_ascii_case(name))
        };
        Self {
            md5: Md5::new(),
            checksums: ChecksumHasher {
                crc32: wants(&wanted.crc32, "crc32").then(Crc32::new),
                crc32c: wants(&wanted.crc32c, "crc32c").then(Crc32c::new),
                crc64nvme: wants(&wanted.crc64nvme, "crc64nvme").then(Crc64Nvme::new),
                sha1: wants(&wanted.sha1, "sha1").then(Sha1::new),
                sha256: wants(&wanted.sha256, "sha256").then(Sha256::new),
            },
            size: 0,
        }
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.md5.update(bytes);
        self.checksums.update(bytes);
        self.size += bytes.len() as u64;
    }

    /// Hashes all of a file, from its start.
    pub(super) fn update_from(&mut self, file: &mut std::fs::File) -> io::Result<()> {
        file.seek(SeekFrom::Start(0))?;
        let mut buffer = vec![0; BUFFER];
        loop {
            match file.read(&mut buffer)? {
                0 => return Ok(()),
                length => self.update(&buffer[..length]),
            }
        }
    }

    pub(super) fn finish(self) -> (u64, [u8; 16], Checksums) {
        (
            self.size,
            self.md5.finalize(),
            self.checksums.finalize().into(),
        )
    }
}

impl From<s3s::dto::Checksum> for Checksums {
    fn from(sums: s3s::dto::Checksum) -> Self {
        Self {
            crc32: sums.checksum_crc32,
            crc32c: sums.checksum_crc32c,
            crc64nvme: sums.checksum_crc64nvme,
            sha1: sums.checksum_sha1,
            sha256: sums.checksum_sha256,
            composite: false,
        }
    }
}

impl Checksums {
    /// The algorithms by name, in one fixed order.
    pub(super) fn by_name(&self) -> [(&'static str, Option<&str>); 5] {
        [
            ("crc32", self.crc32.as_deref()),
            ("crc32c", self.crc32c.as_deref()),
            ("crc64nvme", self.crc64nvme.as_deref()),
            ("sha1", self.sha1.as_deref()),
            ("sha256", self.sha256.as_deref()),
        ]
    }

    /// Fails if `self` promises a checksum that `computed` does not have.
    pub(super) fn compare(&self, computed: &Self) -> Result<(), StorageError> {
        for ((algorithm, promised), (_, computed)) in
            self.by_name().into_iter().zip(computed.by_name())
        {
            if promised.is_some() && promised != computed {
                return Err(StorageError::BadDigest { algorithm });
            }
        }
        Ok(())
    }

    /// Takes the checksums that came behind the body.
    fn add_trailers(&mut self, trailers: &TrailingHeaders) {
        trailers.read(|headers| {
            for (name, slot) in [
                ("crc32", &mut self.crc32),
                ("crc32c", &mut self.crc32c),
                ("crc64nvme", &mut self.crc64nvme),
                ("sha1", &mut self.sha1),
                ("sha256", &mut self.sha256),
            ] {
                if let Some(value) = headers.get(format!("x-amz-checksum-{name}")) {
                    *slot = value.to_str().ok().map(str::to_owned);
                }
            }
        });
    }
}

/// Writes a request's body into `file` and holds it against what the request promised.
pub(super) async fn receive(
    file: NamedTempFile,
    body: Option<StreamingBlob>,
    mut promised: Promised,
) -> Result<Staged, StorageError> {
    let mut digester = Digester::new(&promised.checksums, promised.algorithm.as_deref());
    let handle = file.as_file().try_clone()?;
    let mut writer = tokio::io::BufWriter::with_capacity(BUFFER, tokio::fs::File::from_std(handle));
    if let Some(mut body) = body {
        while let Some(bytes) = body.try_next().await.map_err(StorageError::Body)? {
            digester.update(&bytes);
            writer.write_all(&bytes).await?;
        }
    }
    writer.flush().await?;

    let (size, md5, checksums) = digester.finish();
    if promised
        .md5
        .is_some_and(|promised| promised != base64_simd::STANDARD.encode_to_string(md5))
    {
        return Err(StorageError::BadDigest { algorithm: "md5" });
    }
    if let Some(trailers) = &promised.trailers {
        promised.checksums.add_trailers(trailers);
    }
    promised.checksums.compare(&checksums)?;
    Ok(Staged {
        file,
        size,
        e_tag: hex::encode(&md5),
        checksums,
    })
}

/// Copies `source` into `target`, hashing on the way: the blocking half of copy operations.
pub(super) fn copy(
    source: &mut impl Read,
    mut target: NamedTempFile,
    mut digester: Digester,
) -> io::Result<Staged> {
    let mut buffer = vec![0; BUFFER];
    loop {
        let length = source.read(&mut buffer)?;
        if length == 0 {
            break;
        }
        digester.update(&buffer[..length]);
        target.write_all(&buffer[..length])?;
    }
    let (size, md5, checksums) = digester.finish();
    Ok(Staged {
        file: target,
        size,
        e_tag: hex::encode(&md5),
        checksums,
    })
}
