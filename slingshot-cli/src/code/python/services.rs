//! The services and handlers of a script: `Microservice("name", …, process)`, `@microservice(name="…")` and
//! `@handler`.

use std::time::Duration;

use slingshot_settings::duration;
use slingshot_topology::{Cases, CodeHandler, CodeService, CodeSettings, Span, Spanned};
use tree_sitter::Node;

use super::{
    arguments::{Arguments, MESSAGE},
    keys::{Uses, WITHOUT_MESSAGE},
    module::{Module, all, field, named},
    modules::{Meaning, Modules},
};

const CLASS: &str = "slingshot_microservice.Microservice";
const DECORATOR: &str = "slingshot_microservice.microservice";
const HANDLER: &str = "slingshot_microservice.handler";

/// The functions of a service, as far as the script defines them.
struct Functions<'t> {
    process: Option<(&'t Module, Node<'t>)>,
    startup: Option<(&'t Module, Node<'t>)>,
    /// Whether these are all.
    are_known: bool,
}

/// What was found in one script.
#[derive(Default)]
pub(super) struct Found {
    pub(super) services: Vec<CodeService>,
    pub(super) handlers: Vec<CodeHandler>,
    /// What could not be seen of them.
    pub(super) unseen: Vec<(Span, String)>,
    /// Whether a service or handler may be there of which nothing is known.
    pub(super) hides_services: bool,
}

impl Found {
    /// Adds the services that a file of a script makes.
    pub(super) fn add(&mut self, modules: &Modules, module: &Module) {
        for node in all(module.root(), &|node| {
            matches!(node.kind(), "call" | "decorated_definition")
        }) {
            let is_run = modules.is_script(module) || !is_guarded(module, node);
            match node.kind() {
                "call" if is_run && is(modules, module, field(node, "function"), CLASS) => {
                    self.constructed(modules, module, node);
                }
                "decorated_definition" => self.decorated(modules, module, node),
                _ => {}
            }
        }
    }

    fn constructed(&mut self, modules: &Modules, module: &Module, call: Node<'_>) {
        let arguments = Arguments::of(module, call);
        let Some(name_at) = arguments.at(0, "name") else {
            return;
        };
        let Some(name) = modules.text(module, name_at) else {
            self.nameless(module, name_at);
            return;
        };
        let name = Spanned::new(name, module.span(name_at));
        let functions = arguments.positional().get(2..).unwrap_or_default();
        let process = arguments.keyword("process").or(functions.last().copied());
        let startup = arguments.keyword("startup");
        let startup =
            startup.or_else(|| functions.first().copied().filter(|_| functions.len() > 1));
        let [process, startup] = [process, startup].map(|at| match at {
            Some(at) => match own_function(modules, module, at) {
                Some(function) => Ok(Some(function)),
                None => Err(module.span(at)),
            },
            None => Ok(None),
        });
        for at in [process.as_ref().err(), startup.as_ref().err()]
            .into_iter()
            .flatten()
        {
            self.hidden(at, &name.value);
        }
        let functions = Functions {
            are_known: process.is_ok() && startup.is_ok(),
            process: process.ok().flatten(),
            startup: startup.ok().flatten(),
        };
        self.service(modules, name, &arguments, &functions);
    }

    fn decorated(&mut self, modules: &Modules, module: &Module, node: Node<'_>) {
        let Some(function) =
            field(node, "definition").filter(|it| it.kind() == "function_definition")
        else {
            return;
        };
        for decorator in named(node).filter(|it| it.kind() == "decorator") {
            let Some(written) = named(decorator).next() else {
                continue;
            };
            if is(modules, module, Some(written), HANDLER) {
                self.handler(modules, module, function, None);
                continue;
            }
            let Some(call) = Some(written).filter(|it| it.kind() == "call") else {
                continue;
            };
            if is(modules, module, field(call, "function"), HANDLER) {
                let arguments = Arguments::of(module, call);
                self.handler(modules, module, function, arguments.keyword("name"));
                continue;
            }
            if !is(modules, module, field(call, "function"), DECORATOR) {
                continue;
            }
            let arguments = Arguments::of(module, call);
            let name = match (arguments.at(0, "name"), field(function, "name")) {
                (Some(written), _) => match modules.text(module, written) {
                    Some(name) => Spanned::new(name, module.span(written)),
                    None => return self.nameless(module, written),
                },
                (None, Some(own)) => {
                    Spanned::new(module.text(own).replace('_', "-"), module.span(own))
                }
                (None, None) => return,
            };
            let startup = arguments.keyword("startup");
            let own = startup.and_then(|at| own_function(modules, module, at));
            if let Some(at) = startup.filter(|_| own.is_none()) {
                self.hidden(&module.span(at), &name.value);
            }
            let functions = Functions {
                are_known: own.is_some() == startup.is_some(),
                process: Some((module, function)),
                startup: own,
            };
            self.service(modules, name, &arguments, &functions);
        }
    }

    /// A handler is called as its function is, unless it has a name of its own.
    fn handler(
        &mut self,
        modules: &Modules,
        module: &Module,
        function: Node<'_>,
        written: Option<Node<'_>>,
    ) {
        let name = match (written, field(function, "name")) {
            (Some(written), _) => match modules.text(module, written) {
                Some(name) => Spanned::new(name, module.span(written)),
                None => {
                    let message = "the name of this handler is computed";
                    self.unseen.push((module.span(written), message.to_owned()));
                    self.hides_services = true;
                    return;
                }
            },
            (None, Some(own)) => Spanned::new(module.text(own).to_owned(), module.span(own)),
            (None, None) => return,
        };
        let calls = modules.calls_of(module, function);
        let unseen = calls.unseen.into_iter();
        self.unseen
            .extend(unseen.map(|(at, what)| (at, what.to_owned())));
        self.handlers.push(CodeHandler {
            name: name.value,
            at: name.span,
            is_on_bus: true,
            is_conditional: false,
            processes: Vec::new(),
            calls: calls.handlers,
            sends: calls.services,
        });
    }

    fn service(
        &mut self,
        modules: &Modules,
        name: Spanned<String>,
        arguments: &Arguments<'_>,
        functions: &Functions<'_>,
    ) {
        let module = arguments.module;
        let mut uses = Uses::default();
        for (function, offers) in [
            (functions.process, MESSAGE),
            (functions.startup, WITHOUT_MESSAGE),
        ] {
            if let Some((of, function)) = function {
                modules.add_uses(of, function, offers, &mut uses);
            }
        }
        for (word, keys) in [("reads", &mut uses.reads), ("writes", &mut uses.writes)] {
            for key in arguments.keyword(word).into_iter().flat_map(named) {
                if let Some(text) = module.plain_string(key) {
                    keys.add(Spanned::new(text.to_owned(), module.span(key)), false);
                }
            }
        }
        let cases = match (arguments.keyword("cases"), functions.process) {
            (Some(listed), _) => modules.cases_listed(module, listed),
            (None, Some((of, function))) if !arguments.is_open => modules.cases_of(of, function),
            _ => Cases::Open(Vec::new()),
        };
        let process = functions.process;
        let calls = process.map(|(of, function)| modules.calls_of(of, function));
        let calls = calls.unwrap_or_default();
        let are_keys_known = functions.are_known && uses.unseen.is_empty() && !arguments.is_open;
        let unseen = uses.unseen.into_iter().chain(calls.unseen);
        self.unseen
            .extend(unseen.map(|(at, what)| (at, what.to_owned())));
        self.services.push(CodeService {
            cases,
            reads: uses.reads.all,
            writes: uses.writes.all,
            own_reads: uses.reads.own,
            own_writes: uses.writes.own,
            repeats: [uses.reads.repeats, uses.writes.repeats].concat(),
            are_keys_known,
            calls: calls.handlers,
            sends: calls.services,
            settings: settings(arguments, uses.connection),
            ..CodeService::named(name.value, name.span)
        });
    }

    fn nameless(&mut self, module: &Module, name: Node<'_>) {
        let message = "the name of this service is computed";
        self.unseen.push((module.span(name), message.to_owned()));
        self.hides_services = true;
    }

    fn hidden(&mut self, at: &Span, service: &str) {
        let message =
            format!("this function of `{service}` is not seen: it is none that the script defines");
        self.unseen.push((at.clone(), message));
    }
}

/// A function that the script defines.
fn own_function<'t>(
    modules: &'t Modules,
    module: &'t Module,
    at: Node<'t>,
) -> Option<(&'t Module, Node<'t>)> {
    match modules.meaning(module, at)? {
        Meaning::Own(of, node) if node.kind() == "function_definition" => Some((of, node)),
        _ => None,
    }
}

fn settings(arguments: &Arguments<'_>, connection: bool) -> CodeSettings {
    let module = arguments.module;
    let number = |word: &str| {
        let value = module.text(arguments.keyword(word)?);
        value.replace('_', "").parse().ok()
    };
    let timeout = arguments
        .keyword("timeout")
        .and_then(|value| match module.plain_string(value) {
            Some(text) => duration::parse(text).ok(),
            None => {
                let seconds: f64 = module.text(value).replace('_', "").parse().ok()?;
                Duration::try_from_secs_f64(seconds).ok()
            }
        });
    let has_inbox = arguments.keyword("deduplicate");
    let has_inbox = has_inbox.is_some_and(|it| module.text(it) != "False");
    CodeSettings {
        replicas: number("replicas"),
        timeout,
        connection,
        deduplicates: has_inbox,
    }
}

fn is(modules: &Modules, module: &Module, node: Option<Node<'_>>, wanted: &str) -> bool {
    let meaning = node.and_then(|node| modules.meaning(module, node));
    matches!(meaning, Some(Meaning::Foreign(name)) if name == wanted)
}

/// Whether it stands under `if __name__ == "__main__"`, which is not run where a file is imported.
fn is_guarded(module: &Module, node: Node<'_>) -> bool {
    let mut above = node.parent();
    while let Some(node) = above {
        let condition = field(node, "condition").filter(|_| node.kind() == "if_statement");
        if condition.is_some_and(|it| module.text(it).contains("__name__")) {
            return true;
        }
        above = node.parent();
    }
    false
}
