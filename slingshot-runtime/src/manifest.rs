//! `BINARY --describe`: what the binary holds, without running it.

use std::io::{self, Write as _};

use serde::Serialize;
use slingshot_topology::CaseValue;

use crate::service::Definition;

/// Grows when a reader of the old form would misread the new.
const FORMAT_VERSION: u32 = 1;

#[derive(Debug, Serialize)]
struct Manifest<'a> {
    format_version: u32,
    services: Vec<Service<'a>>,
}

#[derive(Debug, Serialize)]
struct Service<'a> {
    name: &'a str,
    source: Source<'a>,
    sys_map: Option<&'a str>,
    cases: Option<&'a [CaseValue]>,
    reads: &'a [String],
    writes: &'a [String],
    needs: Needs,
    replicas: Option<u32>,
}

#[derive(Debug, Serialize)]
struct Source<'a> {
    file: &'a str,
    line: u32,
    column: u32,
}

#[derive(Debug, Serialize)]
struct Needs {
    objects: bool,
    database: bool,
}

/// Prints the manifest of these services on standard output: the one thing that a service prints.
pub(crate) fn print(definitions: &[Definition]) -> io::Result<()> {
    writeln!(io::stdout(), "{}", describe(definitions))
}

/// The manifest, as JSON.
fn describe(definitions: &[Definition]) -> String {
    let services = definitions.iter().map(|definition| Service {
        name: &definition.name,
        source: Source {
            file: definition.source.file,
            line: definition.source.line,
            column: definition.source.column,
        },
        sys_map: definition.sys_map.as_deref(),
        cases: definition.cases,
        reads: &definition.reads,
        writes: &definition.writes,
        needs: Needs {
            objects: definition.needs.objects,
            database: definition.needs.database,
        },
        replicas: definition.settings.replicas,
    });
    let manifest = Manifest {
        format_version: FORMAT_VERSION,
        services: services.collect(),
    };
    serde_json::to_string(&manifest).expect("text and numbers are JSON")
}
