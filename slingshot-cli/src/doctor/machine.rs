//! This machine.

use std::{fs, path::Path, process::Stdio, time::Duration};

use rustix::{
    fs::statvfs,
    process::{Resource, getrlimit},
};
use slingshot_runtime::client::staging_directory;
use tokio::{process::Command, time::timeout};

use super::{finding::Finding, system::Examined};
use crate::Context;

/// How long a toolchain may take to say its version: rustup may fetch one first.
const RUST_TIMEOUT: Duration = Duration::from_secs(20);

/// The oldest Rust that builds a service.
const OLDEST_RUST: (u32, u32) = (1, 95);

/// A service has a connection or two of each kind and a file for each object that it writes at the moment.
const FEW_FILES: u64 = 1_024;

const MEBIBYTE: u64 = 1024 * 1024;
/// Below this a written object of ordinary size may not fit.
const LITTLE_DISK: u64 = 1_024 * MEBIBYTE;
/// Below this a build, and a few services beside it, may not fit.
const LITTLE_MEMORY: u64 = 512 * MEBIBYTE;

/// The toolchain, where there is something to build, or nothing else to run.
pub(super) async fn rust(context: &Context, examined: &Examined) -> Vec<Finding> {
    if examined.code.scripts > 0 && !examined.code.is_rust {
        let words = "everything here is in Python, and is not built";
        return vec![Finding::not_looked_at("rust", words)];
    }
    let install = "install Rust: https://rustup.rs";
    let version = Command::new(&context.environment.cargo)
        .arg("--version")
        .current_dir(&context.environment.current_directory)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let finding = match timeout(RUST_TIMEOUT, version).await {
        Ok(Ok(output)) if output.status.success() => {
            let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
            match version_of(&text) {
                Some(version) if version < OLDEST_RUST => Finding::wrong(
                    "rust",
                    format!("{text} is older than 1.95"),
                    "take a newer one: rustup update stable",
                ),
                _ => Finding::fine("rust", text),
            }
        }
        Ok(Ok(output)) => {
            let words = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            Finding::wrong("rust", format!("cargo does not run: {words}"), install)
        }
        Ok(Err(error)) => Finding::wrong("rust", format!("cargo does not start: {error}"), install),
        Err(_) => Finding::wrong(
            "rust",
            format!("cargo did not answer within {} s", RUST_TIMEOUT.as_secs()),
            install,
        ),
    };
    vec![finding]
}

/// `cargo 1.95.0 (f2d3ce0bd 2026-03-21)`.
fn version_of(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.split_whitespace().nth(1)?.split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

/// Disk, memory and open files.
pub(super) fn resources() -> Vec<Finding> {
    let mut findings = vec![disk(), memory()];
    findings.extend(files());
    findings
}

fn disk() -> Finding {
    let Some(staging) = staging_directory() else {
        return Finding::not_looked_at(
            "disk",
            "the environment does not say where files are staged",
        );
    };
    let there = staging.ancestors().find(|path| path.exists());
    let free = there.and_then(|path| statvfs(path).ok());
    let Some(free) = free.map(|it| it.f_bavail.saturating_mul(it.f_frsize)) else {
        return Finding::not_looked_at("disk", format!("{} is on no disk", staging.display()));
    };
    let words = format!(
        "{} free for staged files in {}",
        size(free),
        staging.display()
    );
    if free < LITTLE_DISK {
        let help = "a service writes its objects there before they are uploaded: SLINGSHOT_STAGING names \
                    another directory";
        return Finding::doubtful("disk", words, help);
    }
    Finding::fine("disk", words)
}

fn memory() -> Finding {
    let text = fs::read_to_string(Path::new("/proc/meminfo")).unwrap_or_default();
    let Some(free) = available(&text) else {
        return Finding::not_looked_at("memory", "this system has no /proc/meminfo");
    };
    let words = format!("{} available", size(free));
    if free < LITTLE_MEMORY {
        return Finding::doubtful("memory", words, "a build, or many replicas, may be killed");
    }
    Finding::fine("memory", words)
}

/// `MemAvailable:   10368868 kB`.
fn available(text: &str) -> Option<u64> {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kibibytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kibibytes.saturating_mul(1024))
}

fn files() -> Option<Finding> {
    let limit = getrlimit(Resource::Nofile).current?;
    let words = format!("a process may open {limit}");
    Some(if limit < FEW_FILES {
        Finding::doubtful("files", words, "raise the limit: ulimit -n 4096")
    } else {
        Finding::fine("files", words)
    })
}

fn size(bytes: u64) -> String {
    match bytes / MEBIBYTE {
        mebibytes @ ..10_240 => format!("{mebibytes} MiB"),
        mebibytes => format!("{} GiB", mebibytes / 1_024),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_has_two_numbers_that_count() {
        let check = |text: &str, expected| assert_eq!(version_of(text), expected, "{text}");
        check("cargo 1.95.0 (f2d3ce0bd 2026-03-21)", Some((1, 95)));
        check("cargo 1.97.0-nightly", Some((1, 97)));
        check("cargo", None);
    }

    #[test]
    fn memory_is_what_can_be_had() {
        let text = "MemTotal: 24 kB\nMemFree: 1 kB\nMemAvailable:   2048 kB\n";
        assert_eq!(available(text), Some(2 * MEBIBYTE));
        assert_eq!(available(""), None);
        assert_eq!(size(20_480 * MEBIBYTE), "20 GiB");
    }
}
