//! Which handler answers which request.

use std::{collections::HashMap, sync::Arc};

use thiserror::Error;
use tokio::runtime::Handle;

use crate::{
    Queues, SharedState,
    bus::{Hub, Remote},
    drain::DrainControl,
    handler::{Handler, HandlerDefinition, HandlerKind, LONGEST_NAME, is_name},
    metrics::{Metrics, Requests},
    service::Source,
    trace::Tracer,
};

/// Names that are no handlers' because the addresses are taken.
const RESERVED: [&str; 2] = ["stream", "shutdown"];

/// Handlers that cannot be in one process.
#[derive(Debug, Error)]
pub(crate) enum RouterError {
    #[error("two handlers are called `{name}`: at {first} and at {second}")]
    SameName {
        name: String,
        first: String,
        second: String,
    },
    #[error("there may be one {kind} handler: there is one at {first} and one at {second}")]
    SameKind {
        kind: &'static str,
        first: String,
        second: String,
    },
    #[error("the handler at {place} is called `{name}`: the address is taken by the server")]
    Reserved { name: String, place: String },
    #[error(
        "the handler at {place} is called `{name}`: a name has 1 to {LONGEST_NAME} of the letters a-z and A-Z, digits, \
         `-` and `_`"
    )]
    Name { name: String, place: String },
}

/// The handlers of a process, by what asks for them.
#[derive(Debug)]
pub(crate) struct Router {
    pub(super) hub: Arc<Hub>,
    by_name: HashMap<Arc<str>, Route>,
    files: HashMap<&'static str, Route>,
    /// What is asked for and is not there.
    pub(super) unknown: Requests,
    pub(super) shutdown: Requests,
    pub(super) control: Arc<DrainControl>,
    pub(super) tracer: Tracer,
    pub(super) scheme: &'static str,
}

/// A handler, and its requests.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) handler: Arc<Handler>,
    pub(super) requests: Requests,
    pub(super) path: String,
}

/// What all handlers of a process share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) state: SharedState,
    pub(crate) queues: Queues,
    pub(crate) metrics: Metrics,
    pub(crate) control: Arc<DrainControl>,
    pub(crate) tracer: Tracer,
    /// `http` or `https`.
    pub(crate) scheme: &'static str,
}

impl Router {
    /// Makes handlers of the definitions, which are in the order of their kinds and names.
    pub(crate) fn new(
        definitions: Vec<HandlerDefinition>,
        shared: &Shared,
        remote: Option<Remote>,
    ) -> Result<Self, RouterError> {
        check(&definitions)?;
        let runtime = Handle::current();
        let requests =
            |method, path: &str| Requests::new(&shared.metrics, method, path, shared.scheme);
        let (mut by_name, mut files) = (HashMap::new(), HashMap::new());
        for definition in definitions {
            let kind = definition.kind;
            let handler = Arc::new(Handler::new(definition, runtime.clone()));
            let (method, path) = kind.address(&handler.name);
            let route = Route {
                requests: requests(method, &path),
                path,
                handler,
            };
            match kind {
                HandlerKind::Request => {
                    by_name.insert(Arc::clone(&route.handler.name), route);
                }
                HandlerKind::Upload | HandlerKind::Download | HandlerKind::Metadata => {
                    files.insert(kind.word(), route);
                }
            }
        }
        let handlers = by_name
            .values()
            .map(|route: &Route| Arc::clone(&route.handler));
        let hub = Hub::new(
            handlers,
            shared.state.clone(),
            shared.queues.clone(),
            &shared.metrics,
            remote,
            shared.tracer.clone(),
        );
        Ok(Self {
            hub: Arc::new(hub),
            unknown: requests("_OTHER", ""),
            shutdown: requests("POST", "/shutdown"),
            by_name,
            files,
            control: Arc::clone(&shared.control),
            tracer: shared.tracer.clone(),
            scheme: shared.scheme,
        })
    }

    pub(crate) fn hub(&self) -> &Arc<Hub> {
        &self.hub
    }

    /// The names of the handlers, in order.
    pub(crate) fn names(&self) -> Vec<&str> {
        let mut names: Vec<_> = self.by_name.keys().map(|name| &**name).collect();
        names.sort_unstable();
        names
    }

    pub(super) fn named(&self, name: &str) -> Option<&Route> {
        self.by_name.get(name)
    }

    pub(super) fn files(&self, kind: HandlerKind) -> Option<&Route> {
        self.files.get(kind.word())
    }
}

impl HandlerKind {
    /// What the annotation is called.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Request => "handler",
            Self::Upload => "upload",
            Self::Download => "download",
            Self::Metadata => "metadata",
        }
    }

    /// The method, and the address with the place of what varies.
    fn address(self, name: &str) -> (&'static str, String) {
        match self {
            Self::Request => ("POST", format!("/{name}")),
            Self::Upload => ("POST", "/stream/upload/{file_name}".to_owned()),
            Self::Download => ("GET", "/stream/download/{file_id}".to_owned()),
            Self::Metadata => ("GET", "/stream/metadata/{file_id}".to_owned()),
        }
    }
}

/// Definitions of one kind and name stand side by side.
fn check(definitions: &[HandlerDefinition]) -> Result<(), RouterError> {
    for definition in definitions {
        let (name, place) = (definition.name.clone(), place(&definition.source));
        if !is_name(&name) {
            return Err(RouterError::Name { name, place });
        }
        if definition.kind == HandlerKind::Request && RESERVED.contains(&name.as_str()) {
            return Err(RouterError::Reserved { name, place });
        }
    }
    for pair in definitions.windows(2) {
        let [one, other] = pair else { continue };
        if one.kind != other.kind {
            continue;
        }
        let (first, second) = (place(&one.source), place(&other.source));
        if one.kind != HandlerKind::Request {
            let kind = one.kind.word();
            return Err(RouterError::SameKind {
                kind,
                first,
                second,
            });
        }
        if one.name == other.name {
            let name = one.name.clone();
            return Err(RouterError::SameName {
                name,
                first,
                second,
            });
        }
    }
    Ok(())
}

fn place(source: &Source) -> String {
    format!("{}:{}:{}", source.file, source.line, source.column)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handler::{HandlerCall, HandlerSettings};

    fn definition(name: &str, kind: HandlerKind, line: u32) -> HandlerDefinition {
        HandlerDefinition {
            name: name.to_owned(),
            kind,
            settings: HandlerSettings::NONE,
            source: Source {
                file: "src/main.rs".into(),
                line,
                column: 4,
            },
            function: HandlerCall::Sync(|_| Ok(crate::Reply::default())).into(),
        }
    }

    #[test]
    fn handlers_that_cannot_be_together_are_named_with_their_places() {
        let of = |name| definition(name, HandlerKind::Request, 7);
        let said = |definitions: &[HandlerDefinition]| {
            check(definitions).map_err(|error| error.to_string())
        };
        let twice = definition("greet", HandlerKind::Request, 12);
        assert_eq!(
            said(&[of("greet"), twice]).unwrap_err(),
            "two handlers are called `greet`: at src/main.rs:7:4 and at src/main.rs:12:4"
        );
        let uploads = [1, 2].map(|line| definition("take", HandlerKind::Upload, line));
        assert_eq!(
            said(&uploads).unwrap_err(),
            "there may be one upload handler: there is one at src/main.rs:1:4 and one at src/main.rs:2:4"
        );
        assert_eq!(
            said(&[of("shutdown")]).unwrap_err(),
            "the handler at src/main.rs:7:4 is called `shutdown`: the address is taken by the server"
        );
        assert!(said(&[of("a/b")]).is_err());
        let upload = definition("greet", HandlerKind::Upload, 1);
        assert_eq!(said(&[of("echo"), of("greet"), upload]), Ok(()));
    }
}
