//! Where the results of a run lie: the objects that its services have written.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use slingshot_topology::System;

use super::{
    feed::Fed,
    plan::{Plan, PlannedService},
};
use crate::{Context, embedded::Embedded, project::Project, project::shown};

/// One row for each bucket that services write.
#[derive(Debug)]
pub(crate) struct Results {
    rows: Vec<Row>,
}

#[derive(Debug, PartialEq, Eq)]
struct Row {
    service: String,
    key: String,
    bucket: String,
    /// `None` in a store that is not embedded, which is not listed.
    objects: Option<Objects>,
}

/// Objects of the embedded store, each a file.
#[derive(Debug, PartialEq, Eq)]
struct Objects {
    folder: PathBuf,
    count: usize,
    /// The smallest id.
    example: u64,
}

impl Results {
    /// What was written since the run began, without the files that it was given.
    pub(crate) fn of(project: &Project, embedded: &Embedded, plan: &Plan, fed: &Fed) -> Self {
        let system = embedded.system();
        let rows = match (embedded.objects(), began(project)) {
            (Some(directory), Some(began)) => {
                let written = |bucket: &str| {
                    let fed = fed.objects.get(bucket);
                    objects(&directory.join(bucket), began, fed)
                };
                rows(&system, plan, |bucket| written(bucket).map(Some))
            }
            _ if system.object_storage.is_some() => rows(&system, plan, |_| Some(None)),
            _ => Vec::new(),
        };
        Self { rows }
    }

    /// For people, with a command that shows one of them; `None` without results.
    pub(crate) fn shown(&self, context: &Context) -> Option<String> {
        let last = self.rows.last()?;
        let here = &context.environment.current_directory;
        let mut text = "What was written:\n".to_owned();
        let names = |row: &Row| format!("{} {}", row.service, row.key);
        let width = |cell: &dyn Fn(&Row) -> String| {
            let widths = self.rows.iter().map(|row| cell(row).chars().count());
            widths.max().unwrap_or_default()
        };
        let (name_width, count_width) = (width(&names), width(&count));
        for row in &self.rows {
            let place = match &row.objects {
                Some(objects) => format!("{}/", shown(&objects.folder, here)),
                None => format!("the bucket {}", row.bucket),
            };
            let (names, count) = (names(row), count(row));
            writeln!(
                text,
                "  {names:name_width$}  {count:>count_width$}  {place}"
            )
            .ok();
        }
        let (id, what) = match &last.objects {
            Some(objects) => (
                objects.example.to_string(),
                "Each object is a file that has its request's id as its name. To look at one:",
            ),
            None => (
                "ID".to_owned(),
                "To look at an object, with its request's id:",
            ),
        };
        let command = context.command(&["get", &last.service, &last.key, &id]);
        write!(text, "{what}\n  {command}").ok();
        Some(text)
    }
}

fn count(row: &Row) -> String {
    match &row.objects {
        Some(objects) if objects.count == 1 => "1 object ".to_owned(),
        Some(objects) => format!("{} objects", objects.count),
        None => String::new(),
    }
}

/// The note of the run is written before its services start, and by the clock of the same disk.
fn began(project: &Project) -> Option<SystemTime> {
    fs::metadata(project.run_file()).ok()?.modified().ok()
}

/// One row for each bucket, in the order of `slingshot.toml`, under the name of the first service that
/// writes it. `look` says what is in a bucket; `None` leaves it out.
fn rows(system: &System, plan: &Plan, look: impl Fn(&str) -> Option<Option<Objects>>) -> Vec<Row> {
    let mut rows: BTreeMap<(usize, usize), Row> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    // A key that a function hands on is not seen by the scan: its bucket is found by what is in it.
    for is_known in [true, false] {
        for (place, service) in plan.services.iter().enumerate() {
            for (within, (key, bucket)) in buckets(system, service, is_known).enumerate() {
                if !seen.insert(bucket.clone()) {
                    continue;
                }
                if let Some(objects) = look(&bucket)
                    && (is_known || objects.is_some())
                {
                    let service = service.name.clone();
                    let row = Row {
                        service,
                        key,
                        bucket,
                        objects,
                    };
                    rows.insert((place, within), row);
                }
            }
        }
    }
    rows.into_values().collect()
}

/// Keys and buckets that the service is known to write, or the others.
fn buckets<'a>(
    system: &'a System,
    service: &'a PlannedService,
    is_known: bool,
) -> impl Iterator<Item = (String, String)> + 'a {
    let declared = system.service(&service.name);
    let buckets = declared.into_iter().flat_map(|service| &service.buckets);
    buckets
        .filter(move |bucket| service.writes.contains(&bucket.key.value) == is_known)
        .map(|bucket| (bucket.key.value.clone(), bucket.name.value.clone()))
}

/// Files that are named by an id, that are not older than the run, and that it was not given.
fn objects(folder: &Path, began: SystemTime, fed: Option<&BTreeSet<u64>>) -> Option<Objects> {
    let is_new = |entry: &fs::DirEntry| {
        let modified = entry.metadata().and_then(|metadata| metadata.modified());
        modified.is_ok_and(|modified| modified >= began)
    };
    let mut count = 0;
    let mut example = u64::MAX;
    for entry in fs::read_dir(folder).ok()?.flatten() {
        let Some(id) = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok())
        else {
            continue;
        };
        if fed.is_some_and(|fed| fed.contains(&id)) || !is_new(&entry) {
            continue;
        }
        count += 1;
        example = example.min(id);
    }
    (count > 0).then(|| Objects {
        folder: folder.to_owned(),
        count,
        example,
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use slingshot_topology::{SourceFile, read_toml};

    use super::*;

    const SYSTEM: &str = r#"
        [services.a]
        in = "a"
        buckets = { in = "files", out = "texts" }
        [services.b]
        in = "b"
        buckets = { in = "texts", hidden = "pages", none = "empty" }
        [services.c]
        in = "c"
        buckets = { in = "pages", out = "files" }
    "#;

    #[test]
    fn a_bucket_has_one_row_and_counts_what_the_run_wrote() {
        let directory = tempfile::tempdir().unwrap();
        let write = |bucket: &str, id: &str, age: u64| {
            let path = directory.path().join(bucket);
            fs::create_dir_all(&path).unwrap();
            let file = fs::File::create(path.join(id)).unwrap();
            let modified = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000 - age);
            file.set_modified(modified).unwrap();
        };
        for (bucket, id, age) in [
            ("files", "1", 0),
            ("files", "77", 0),
            ("texts", "12", 0),
            ("texts", "9", 0),
            ("texts", "3", 500),
            ("pages", "5", 0),
            ("pages", "no-id", 0),
            ("empty", "1", 500),
        ] {
            write(bucket, id, age);
        }
        let (system, _) = read_toml(&SourceFile::new("slingshot.toml", SYSTEM));
        let mut services = ["a", "b", "c"].map(|name| PlannedService::named(name, 1));
        services[0].writes.push("out".into());
        services[2].writes.push("out".into());
        let plan = Plan {
            services: services.into(),
            hosts: Vec::new(),
        };
        let began = SystemTime::UNIX_EPOCH + Duration::from_mins(15);
        let fed = BTreeMap::from([("files", BTreeSet::from([1]))]);
        let look = |bucket: &str| {
            objects(&directory.path().join(bucket), began, fed.get(bucket)).map(Some)
        };
        let line = |row: Row| {
            let objects = row.objects.unwrap();
            let (service, key, bucket) = (row.service, row.key, row.bucket);
            format!(
                "{service} {key} {bucket} {} {}",
                objects.count, objects.example
            )
        };
        let lines: Vec<_> = rows(&system, &plan, look).into_iter().map(line).collect();
        assert_eq!(
            lines,
            ["a out texts 2 9", "b hidden pages 1 5", "c out files 1 77"]
        );

        let outside = rows(&system, &plan, |_| Some(None));
        let keys: Vec<_> = outside
            .iter()
            .map(|row| format!("{} {}", row.service, row.key))
            .collect();
        assert_eq!(keys, ["a out", "c out"]);
    }
}
