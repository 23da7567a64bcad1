//! The environment and the command line, read here and nowhere else.

mod http;

use std::{
    collections::BTreeMap, ffi::OsString, io::IsTerminal as _, net::SocketAddr, path::PathBuf,
};

use slingshot_topology::SecretReference;
use thiserror::Error;

pub(crate) use self::http::HttpVariables;
use crate::{logs::default_filter, sys_map::Access};

/// What the surroundings say about this run.
#[derive(Clone, Debug)]
pub(crate) struct Environment {
    /// `SLINGSHOT_SYS_MAP`: the sys-map's host. Wins over the annotation.
    pub(crate) sys_map: Option<String>,
    /// How the sys-map is asked: `SLINGSHOT_SYS_MAP_TOKEN`, `SLINGSHOT_SYS_MAP_CA` and `SLINGSHOT_STATE`.
    pub(crate) access: Access,
    /// `SLINGSHOT_SERVICES`: run only these of the binary's services.
    pub(crate) services: Option<Vec<String>>,
    /// `SLINGSHOT_REPORT`: where `slingshot run` listens.
    pub(crate) report: Option<SocketAddr>,
    /// `SLINGSHOT_STAGING`: where written objects wait for their upload.
    pub(crate) staging: PathBuf,
    /// `SLINGSHOT_ADMIN`: where the admin server listens.
    pub(crate) admin: AdminAddress,
    /// `SLINGSHOT_HTTP` and what begins so: the server of the handlers.
    pub(crate) http: HttpVariables,
    /// `SLINGSHOT_FILES`: the bucket of the files that no handler of the binary's own is for.
    pub(crate) files: Option<String>,
    /// `SLINGSHOT_BUS`: how handlers call each other.
    pub(crate) bus: BusKind,
    /// `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES`: whose telemetry it is.
    pub(crate) resource: Vec<(String, String)>,
    /// Whether spans are recorded: `OTEL_EXPORTER_OTLP_ENDPOINT` names a collector, or the same for traces.
    pub(crate) traces: bool,
    /// The form of the log.
    pub(crate) log: LogFormat,
    /// `RUST_LOG`: what is logged.
    pub(crate) log_filter: String,
    /// Whether the log may be coloured: `NO_COLOR` is not set.
    pub(crate) color: bool,
    /// Whether the command line asks for the manifest, and for nothing to run.
    pub(crate) describe: bool,
}

/// Where the admin server listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AdminAddress {
    /// Nowhere.
    Off,
    /// On the default port, or on a free one.
    Default,
    /// Here, or the process cannot start.
    At(SocketAddr),
}

impl AdminAddress {
    /// The address, where it is known.
    pub(crate) fn listening(self) -> Option<SocketAddr> {
        match self {
            Self::At(address) => Some(address),
            Self::Off | Self::Default => None,
        }
    }
}

/// How handlers call each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BusKind {
    /// In one process.
    Process,
    /// Over the sys-map's broker.
    Amqp,
}

/// The form of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// A line to read.
    Human,
    /// An object a line.
    Json,
}

/// A variable that says what cannot be.
#[derive(Debug, PartialEq, Eq, Error)]
#[error("{variable} is `{value}`: write {expected}")]
pub(crate) struct EnvironmentError {
    variable: &'static str,
    value: String,
    expected: &'static str,
}

impl Environment {
    /// Whose telemetry it is: the services', unless the environment says otherwise.
    pub(crate) fn resource(&self, services: &str) -> Vec<(String, String)> {
        let mut attributes = self.resource.clone();
        if !attributes.iter().any(|(key, _)| key == SERVICE_NAME) {
            attributes.push((SERVICE_NAME.to_owned(), services.to_owned()));
        }
        attributes
    }

    /// Reads the process's own.
    pub(crate) fn read() -> Result<Self, EnvironmentError> {
        Self::of(
            variable,
            std::env::args_os().skip(1),
            std::io::stderr().is_terminal(),
        )
    }

    fn of(
        variable: impl Fn(&str) -> Option<String>,
        arguments: impl Iterator<Item = OsString>,
        terminal: bool,
    ) -> Result<Self, EnvironmentError> {
        let parsed = |name: &'static str, expected: &'static str| {
            move |value: String| EnvironmentError {
                variable: name,
                value,
                expected,
            }
        };
        let arguments: Vec<_> = arguments.collect();
        let said = |word: &str| arguments.iter().any(|argument| argument == word);
        let report = variable("SLINGSHOT_REPORT")
            .map(|value| {
                let wrong = parsed("SLINGSHOT_REPORT", "an address like 127.0.0.1:4040");
                value.parse().map_err(|_| wrong(value))
            })
            .transpose()?;
        let admin = match variable("SLINGSHOT_ADMIN") {
            None => AdminAddress::Default,
            Some(off) if off == "off" => AdminAddress::Off,
            Some(address) => {
                let wrong = parsed("SLINGSHOT_ADMIN", "an address like 127.0.0.1:9464, or off");
                AdminAddress::At(address.parse().map_err(|_| wrong(address))?)
            }
        };
        let log = match variable("SLINGSHOT_LOG").as_deref() {
            Some("human") => LogFormat::Human,
            Some("json") => LogFormat::Json,
            Some(other) => {
                return Err(parsed("SLINGSHOT_LOG", "human or json")(other.to_owned()));
            }
            None if terminal => LogFormat::Human,
            None => LogFormat::Json,
        };
        Ok(Self {
            sys_map: variable("SLINGSHOT_SYS_MAP"),
            access: access_by(&variable)?,
            services: variable("SLINGSHOT_SERVICES").map(|names| {
                let names = names.split(',').map(str::trim);
                names
                    .filter(|name| !name.is_empty())
                    .map(str::to_owned)
                    .collect()
            }),
            report,
            staging: variable("SLINGSHOT_STAGING")
                .map_or_else(|| std::env::temp_dir().join("slingshot"), PathBuf::from),
            admin,
            http: HttpVariables::read(&variable, said("--insecure"))?,
            files: variable("SLINGSHOT_FILES"),
            bus: match variable("SLINGSHOT_BUS").as_deref() {
                None | Some("process") => BusKind::Process,
                Some("amqp") => BusKind::Amqp,
                Some(other) => {
                    return Err(parsed("SLINGSHOT_BUS", "process or amqp")(other.to_owned()));
                }
            },
            resource: resource(&variable),
            traces: traces(&variable),
            log,
            log_filter: variable("RUST_LOG").unwrap_or_else(|| default_filter("info")),
            color: variable("NO_COLOR").is_none(),
            describe: said("--describe"),
        })
    }
}

/// The attribute that names who tells.
const SERVICE_NAME: &str = "service.name";

/// Attributes, `key=value` with commas between them. The variable for the name wins.
fn resource(variable: impl Fn(&str) -> Option<String>) -> Vec<(String, String)> {
    let list = variable("OTEL_RESOURCE_ATTRIBUTES").unwrap_or_default();
    let pairs = list.split(',').filter_map(|pair| pair.split_once('='));
    let pairs = pairs.map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned()));
    let name = variable("OTEL_SERVICE_NAME").map(|name| (SERVICE_NAME.to_owned(), name));
    let mut attributes: BTreeMap<_, _> = pairs.filter(|(key, _)| !key.is_empty()).collect();
    attributes.extend(name);
    attributes.into_iter().collect()
}

/// Whether there is a collector for spans, and nobody has said that it is to have none.
fn traces(variable: impl Fn(&str) -> Option<String>) -> bool {
    let is =
        |name, value: &str| variable(name).is_some_and(|said| said.eq_ignore_ascii_case(value));
    let disabled = is("OTEL_SDK_DISABLED", "true") || is("OTEL_TRACES_EXPORTER", "none");
    let endpoints = [
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    ];
    let named = endpoints.map(|endpoint| variable(endpoint).is_some());
    named.contains(&true) && !disabled
}

/// How this process asks a sys-map.
pub(crate) fn access() -> Result<Access, EnvironmentError> {
    access_by(&variable)
}

fn access_by(variable: &impl Fn(&str) -> Option<String>) -> Result<Access, EnvironmentError> {
    let token = variable("SLINGSHOT_SYS_MAP_TOKEN")
        .map(|value| value.parse::<SecretReference>())
        .transpose()
        .map_err(|_| EnvironmentError {
            variable: "SLINGSHOT_SYS_MAP_TOKEN",
            // It may be the token itself.
            value: "…".to_owned(),
            expected: "a reference to the token: `env:NAME`, `file:PATH` or `pass:ENTRY`",
        })?;
    Ok(Access {
        token,
        certificate: variable("SLINGSHOT_SYS_MAP_CA").map(PathBuf::from),
        state: match variable("SLINGSHOT_STATE") {
            Some(value) if value == "off" => None,
            Some(directory) => Some(directory.into()),
            None => Some(state(variable)),
        },
    })
}

/// Where a user's programs keep what outlives them, as the XDG base directories have it; else a directory
/// of this user among the temporary ones.
fn state(variable: impl Fn(&str) -> Option<String>) -> PathBuf {
    let absolute = |name: &str| {
        let path = PathBuf::from(variable(name)?);
        path.is_absolute().then_some(path)
    };
    let home = || Some(absolute("HOME")?.join(".local/state"));
    match absolute("XDG_STATE_HOME").or_else(home) {
        Some(place) => place.join("slingshot"),
        None => {
            let user = rustix::process::geteuid().as_raw();
            std::env::temp_dir().join(format!("slingshot-state-{user}"))
        }
    }
}

/// A variable of the process, for the secret reference `env:NAME` too. Empty is as good as unset.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the file that reads the environment"
)]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, path::Path};

    use super::*;

    fn read(variables: &[(&str, &str)], arguments: &[&str]) -> Result<Environment, String> {
        Environment::of(
            |name| {
                let found = variables.iter().find(|(key, _)| *key == name);
                let value = found.map(|(_, value)| (*value).to_owned());
                value.filter(|value| !value.is_empty())
            },
            arguments.iter().map(OsString::from),
            false,
        )
        .map_err(|error| error.to_string())
    }

    #[test]
    fn the_page_tells_of_every_variable_and_of_no_other() {
        let asked = std::cell::RefCell::new(BTreeSet::new());
        let ask = |name: &str| {
            asked.borrow_mut().insert(name.to_owned());
            None
        };
        Environment::of(ask, std::iter::empty(), false).expect("nothing is wrong");
        let page = include_str!("../../docs/environment.md");
        let rows = page.lines().filter_map(|line| line.strip_prefix("| `"));
        let told: BTreeSet<_> = rows
            .filter_map(|row| row.split('`').next())
            .map(str::to_owned)
            .collect();
        assert_eq!(asked.into_inner(), told);
    }

    #[test]
    fn an_admin_address_is_an_address_or_off() {
        let check = |value, expected: Result<AdminAddress, &str>| {
            let read = read(&[("SLINGSHOT_ADMIN", value)], &[]);
            let read = read.map(|environment| environment.admin);
            assert_eq!(
                read.as_ref().map_err(String::as_str),
                expected.as_ref().map_err(|it| *it)
            );
        };
        let address = SocketAddr::from(([0, 0, 0, 0], 9464));
        check("", Ok(AdminAddress::Default));
        check("off", Ok(AdminAddress::Off));
        check("0.0.0.0:9464", Ok(AdminAddress::At(address)));
        check(
            "9464",
            Err("SLINGSHOT_ADMIN is `9464`: write an address like 127.0.0.1:9464, or off"),
        );
    }

    #[test]
    fn spans_are_recorded_where_a_collector_is_named_and_nothing_forbids_it() {
        let check = |variables: &[(&str, &str)], expected: bool| {
            assert_eq!(read(variables, &[]).expect("valid").traces, expected);
        };
        let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318");
        check(&[], false);
        check(&[endpoint], true);
        check(
            &[("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://collector")],
            true,
        );
        check(&[endpoint, ("OTEL_SDK_DISABLED", "TRUE")], false);
        check(&[endpoint, ("OTEL_TRACES_EXPORTER", "none")], false);
    }

    #[test]
    fn telemetry_is_the_services_unless_somebody_names_it() {
        let check = |variables: &[(&str, &str)], expected: &[(&str, &str)]| {
            let environment = read(variables, &[]).expect("valid");
            let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
            let expected: Vec<_> = expected.iter().map(owned).collect();
            assert_eq!(environment.resource("sniff"), expected);
        };
        let attributes = (
            "OTEL_RESOURCE_ATTRIBUTES",
            "host.name = a ,service.name=b,,=c",
        );
        check(&[], &[("service.name", "sniff")]);
        check(&[attributes], &[("host.name", "a"), ("service.name", "b")]);
        check(
            &[attributes, ("OTEL_SERVICE_NAME", "d")],
            &[("host.name", "a"), ("service.name", "d")],
        );
    }

    #[test]
    fn services_are_a_list_of_names() {
        let environment = read(&[("SLINGSHOT_SERVICES", "a, b,")], &[]).expect("valid");
        assert_eq!(
            environment.services,
            Some(vec!["a".to_owned(), "b".to_owned()])
        );
    }

    #[test]
    fn without_a_terminal_the_log_is_json() {
        assert_eq!(read(&[], &[]).expect("valid").log, LogFormat::Json);
    }

    #[test]
    fn a_wrong_value_names_its_variable_and_what_would_do() {
        let check = |variable, value, expected: &str| {
            assert_eq!(read(&[(variable, value)], &[]).unwrap_err(), expected);
        };
        check(
            "SLINGSHOT_LOG",
            "xml",
            "SLINGSHOT_LOG is `xml`: write human or json",
        );
        check(
            "SLINGSHOT_BUS",
            "kafka",
            "SLINGSHOT_BUS is `kafka`: write process or amqp",
        );
        check(
            "SLINGSHOT_REPORT",
            "there",
            "SLINGSHOT_REPORT is `there`: write an address like 127.0.0.1:4040",
        );
    }

    #[test]
    fn a_token_where_its_reference_belongs_is_not_repeated() {
        assert_eq!(
            read(&[("SLINGSHOT_SYS_MAP_TOKEN", "hunter2")], &[]).unwrap_err(),
            "SLINGSHOT_SYS_MAP_TOKEN is `…`: write a reference to the token: `env:NAME`, `file:PATH` or \
             `pass:ENTRY`"
        );
    }

    #[test]
    fn state_is_kept_where_the_user_s_programs_keep_theirs() {
        let check = |variables: &[(&str, &str)], expected: Option<&str>| {
            let access = read(variables, &[]).expect("valid").access;
            assert_eq!(access.state.as_deref(), expected.map(Path::new));
        };
        let (home, xdg) = (("HOME", "/home/me"), ("XDG_STATE_HOME", "/state"));
        check(&[home], Some("/home/me/.local/state/slingshot"));
        check(&[home, xdg], Some("/state/slingshot"));
        check(&[xdg, ("SLINGSHOT_STATE", "here")], Some("here"));
        check(&[home, ("SLINGSHOT_STATE", "off")], None);
        let user = rustix::process::geteuid().as_raw();
        let temporary = std::env::temp_dir().join(format!("slingshot-state-{user}"));
        check(&[("HOME", "relative")], temporary.to_str());
    }

    #[test]
    fn describe_is_found_among_the_arguments() {
        assert!(read(&[], &["--describe"]).expect("valid").describe);
        assert!(!read(&[], &[]).expect("valid").describe);
    }
}
