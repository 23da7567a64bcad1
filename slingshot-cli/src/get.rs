//! `slingshot get`: an object, as it is.

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
};

use clap::Args;
use slingshot_runtime::client::{ClientError, Objects};
use slingshot_topology::System;
use tokio::fs;

use crate::{
    Context,
    attached::Attached,
    exit::{Exit, Failure},
    failures::{no_object_store, unknown_service, unreachable_store},
    printer::ResultBytes,
};

/// The options of `slingshot get`.
#[derive(Debug, Args)]
pub(crate) struct GetArguments {
    /// The service whose bucket it is
    service: String,

    /// The bucket's key, as the code says it, such as `out`
    key: String,

    /// The request that the object belongs to
    id: u64,

    /// Write the object to a file instead of stdout
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// # Errors
///
/// If the object is not there, or cannot be fetched or written.
#[tokio::main]
pub(crate) async fn run(context: &Context, arguments: &GetArguments) -> Result<Exit, Failure> {
    let attached = Attached::new(context, true).await?;
    let got = get(context, &attached.system, arguments).await;
    attached.detach().await;
    got.map(|()| Exit::Clean)
}

async fn get(context: &Context, system: &System, arguments: &GetArguments) -> Result<(), Failure> {
    let GetArguments {
        service: name,
        key,
        id,
        output,
    } = arguments;
    let service = system
        .service(name)
        .ok_or_else(|| unknown_service(name, system))?;
    let bucket = service.bucket(key).ok_or_else(|| {
        let keys: Vec<_> = service
            .buckets
            .iter()
            .map(|bucket| bucket.key.value.as_str())
            .collect();
        Failure::usage(format!("`{name}` has no bucket `{key}`"))
            .help(format!("its buckets are: {}", keys.join(", ")))
    })?;
    let storage = system.object_storage.as_ref().ok_or_else(no_object_store)?;
    let objects = Objects::connect(storage).await.map_err(unreachable_store)?;
    let failed = |error| {
        Failure::unreadable(format!("cannot get object {id} of the bucket {bucket}")).because(error)
    };
    match output {
        None => {
            let mut stdout = ResultBytes::new(&context.environment);
            let got = objects.get(bucket, *id, &mut stdout).await;
            if stdout.refused() {
                return Err(
                    Failure::usage("the object is no text, and stdout is a terminal")
                        .help("write it to a file: -o FILE"),
                );
            }
            match got {
                // `slingshot get … | head` wants no more.
                Err(ClientError::Write(error)) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
                got => got.map_err(failed),
            }
        }
        Some(path) => {
            let path = context.environment.current_directory.join(path);
            let part = part_of(&path);
            let mut file = fs::File::create(&part)
                .await
                .map_err(|error| cannot_write(&path, error))?;
            let got = objects.get(bucket, *id, &mut file).await;
            let kept = match got {
                Ok(()) => fs::rename(&part, &path)
                    .await
                    .map_err(|error| cannot_write(&path, error)),
                Err(error) => Err(failed(error)),
            };
            if kept.is_err() {
                fs::remove_file(&part).await.ok();
            }
            kept
        }
    }
}

fn cannot_write(path: &Path, error: std::io::Error) -> Failure {
    Failure::unreadable(format!("cannot write {}", path.display())).because(error)
}

/// Half an object never stands under the name of a whole one.
fn part_of(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    path.with_file_name(name)
}
