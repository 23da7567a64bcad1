//! `BINARY --describe`: what the binary holds, without running it.

use std::io::{self, Write as _};

use serde::Serialize;
use slingshot_settings::duration;
use slingshot_topology::{CaseValue, sys_map::RetryForm};

use crate::{
    handler::{HandlerDefinition, HandlerKind},
    registration::Unrouted,
    run::Binary,
    service::Definition,
};

/// Grows when a reader of the old form would misread the new.
const FORMAT_VERSION: u32 = 1;

#[derive(Debug, Serialize)]
struct Manifest<'a> {
    format_version: u32,
    services: Vec<Service<'a>>,
    handlers: Vec<Handler<'a>>,
}

#[derive(Debug, Serialize)]
struct Handler<'a> {
    name: &'a str,
    kind: HandlerKind,
    source: Source<'a>,
    replicas: u32,
    /// How many calls may wait.
    queue: u32,
    /// As the annotation writes it: `30s`.
    timeout: String,
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
    prefetch: Option<u16>,
    /// As the annotation writes it: `25m`.
    timeout: Option<String>,
    startup: bool,
    transaction: bool,
    unrouted: Unrouted,
    retry: Option<RetryForm>,
    /// How long a message is remembered.
    deduplicate: Option<String>,
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

impl<'a> Service<'a> {
    fn of(definition: &'a Definition) -> Self {
        let settings = &definition.settings;
        let startup = definition.startup.as_ref();
        let needs = startup.map_or(definition.needs, |it| definition.needs.and(it.needs));
        Self {
            name: &definition.name,
            source: Source {
                file: &definition.source.file,
                line: definition.source.line,
                column: definition.source.column,
            },
            sys_map: definition.sys_map.as_deref(),
            cases: definition.cases.as_deref(),
            reads: &definition.reads,
            writes: &definition.writes,
            needs: Needs {
                objects: needs.objects,
                database: needs.database || settings.deduplicate.is_some(),
            },
            replicas: settings.replicas,
            prefetch: settings.prefetch,
            timeout: settings.timeout.map(duration::written),
            startup: startup.is_some(),
            transaction: settings.transaction,
            unrouted: settings.unrouted,
            retry: settings.retry.as_ref().map(RetryForm::from),
            deduplicate: settings.deduplicate.map(duration::written),
        }
    }
}

impl<'a> Handler<'a> {
    fn of(definition: &'a HandlerDefinition) -> Self {
        Self {
            name: &definition.name,
            kind: definition.kind,
            source: Source {
                file: &definition.source.file,
                line: definition.source.line,
                column: definition.source.column,
            },
            replicas: definition.replicas(),
            queue: definition.queue(),
            timeout: duration::written(definition.timeout()),
        }
    }
}

/// Prints the manifest of a binary on standard output: the one thing that a service prints.
pub(crate) fn print(binary: &Binary) -> io::Result<()> {
    let manifest = describe(&binary.services, &binary.handlers);
    writeln!(io::stdout(), "{manifest}")
}

/// The manifest, as JSON.
pub(crate) fn describe(services: &[Definition], handlers: &[HandlerDefinition]) -> String {
    let manifest = Manifest {
        format_version: FORMAT_VERSION,
        services: services.iter().map(Service::of).collect(),
        handlers: handlers.iter().map(Handler::of).collect(),
    };
    serde_json::to_string(&manifest).expect("text and numbers are JSON")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{AnyError, Microservice, ReadFileFn, Retry};

    fn process(request: u64) -> (u64, bool) {
        (request, true)
    }

    async fn first(_read_file: &ReadFileFn) -> Result<(), AnyError> {
        Ok(())
    }

    /// The manifest of one service, without what every manifest has.
    fn described(microservice: Microservice) -> serde_json::Value {
        let manifest = describe(&[microservice.into_definition()], &[]);
        let mut manifest: serde_json::Value = serde_json::from_str(&manifest).expect("JSON");
        assert_eq!(manifest["format_version"], 1);
        let mut service = manifest["services"][0].take();
        let fields = service.as_object_mut().expect("a service");
        for field in ["name", "source", "sys_map", "cases", "reads", "writes"] {
            assert!(fields.remove(field).is_some(), "{field}");
        }
        service
    }

    #[test]
    fn a_manifest_says_what_was_declared() {
        let plain = Microservice::new("plain", "sys-map.example.com", process);
        assert_eq!(
            described(plain),
            serde_json::json!({
                "needs": { "objects": false, "database": false },
                "replicas": null, "prefetch": null, "timeout": null, "startup": false,
                "transaction": true, "unrouted": "dead-letter", "retry": null, "deduplicate": null,
            })
        );
        let tuned = Microservice::new("tuned", "sys-map.example.com", process)
            .replicas(4)
            .prefetch(9)
            .timeout(Duration::from_mins(90))
            .startup(first)
            .unrouted(Unrouted::Drop)
            .retry(Retry {
                max: 9,
                ..Retry::DEFAULT
            })
            .deduplicate(Duration::from_hours(36));
        assert_eq!(
            described(tuned),
            serde_json::json!({
                "needs": { "objects": true, "database": true },
                "replicas": 4, "prefetch": 9, "timeout": "90m", "startup": true,
                "transaction": true, "unrouted": "drop",
                "retry": { "max": 9, "initial": "1s", "factor": 2, "max_delay": "5m" },
                "deduplicate": "36h",
            })
        );
    }
}
