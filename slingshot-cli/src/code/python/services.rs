//! The services and handlers of a script: `Microservice("name", …, process)`, `@microservice(name="…")` and
//! `@handler`.

use slingshot_topology::{Cases, CodeHandler, CodeService, Span, Spanned, Unseen};
use tree_sitter::Node;

use super::{
    arguments::{Arguments, MESSAGE},
    calls::Calls,
    keys::{Uses, WITHOUT_MESSAGE},
    module::{Module, all, field, named},
    modules::{Meaning, Modules},
    options,
};

const CLASS: &str = "slingshot_microservice.Microservice";
const DECORATOR: &str = "slingshot_microservice.microservice";
const HANDLER: &str = "slingshot_microservice.handler";

/// What makes a name seen.
const NAME: &str = "write the name as a text or a constant of the script, or name a manifest of the script in \
                    `[topology] manifests`";

/// What is said where a script has more files than are read.
const LEFT_OUT: &str =
    "this is not read, nor what comes after it: the script imports too many files from beside it";
const MANIFEST: &str = "describe the script with `slingshot describe --format json`, and name that manifest in \
                        `[topology] manifests`";

/// The functions of a service, as far as the script defines them.
struct Functions<'t> {
    process: Option<(&'t Module, Node<'t>)>,
    startup: Option<(&'t Module, Node<'t>)>,
    /// Where one is named that the script does not define.
    hidden: Vec<Span>,
}

/// What was found in one script.
#[derive(Default)]
pub(super) struct Found {
    pub(super) services: Vec<CodeService>,
    pub(super) handlers: Vec<CodeHandler>,
    /// What could not be seen of them.
    pub(super) unseen: Vec<Unseen>,
    /// Whether a service or handler may be there of which nothing is known.
    pub(super) hides_services: bool,
}

impl Found {
    /// Nothing yet but what is not seen of the script's files.
    pub(super) fn of(modules: &Modules) -> Self {
        let mut found = Self::default();
        if let Some(at) = modules.left_out() {
            found.push(at, LEFT_OUT, None, MANIFEST);
            found.hides_services = true;
        }
        found
    }

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
        let Some(name_at) = arguments.at(0, "name").or(arguments.more) else {
            return;
        };
        let Some(name) = modules.text(module, name_at) else {
            self.nameless(module, name_at, "service");
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
        let hidden = [process.as_ref().err(), startup.as_ref().err()];
        let functions = Functions {
            hidden: hidden.into_iter().flatten().cloned().collect(),
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
                let name = arguments.keyword("name").or(arguments.more);
                self.handler(modules, module, function, name);
                continue;
            }
            if !is(modules, module, field(call, "function"), DECORATOR) {
                continue;
            }
            let arguments = Arguments::of(module, call);
            let written = arguments.at(0, "name").or(arguments.more);
            let name = match (written, field(function, "name")) {
                (Some(written), _) => match modules.text(module, written) {
                    Some(name) => Spanned::new(name, module.span(written)),
                    None => return self.nameless(module, written, "service"),
                },
                (None, Some(own)) => {
                    Spanned::new(module.text(own).replace('_', "-"), module.span(own))
                }
                (None, None) => return,
            };
            let startup = arguments.keyword("startup");
            let own = startup.and_then(|at| own_function(modules, module, at));
            let hidden = startup.filter(|_| own.is_none());
            let functions = Functions {
                hidden: hidden.map(|at| module.span(at)).into_iter().collect(),
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
                None => return self.nameless(module, written, "handler"),
            },
            (None, Some(own)) => Spanned::new(module.text(own).to_owned(), module.span(own)),
            (None, None) => return,
        };
        let mut calls = Calls::default();
        modules.add_calls(module, function, &mut calls);
        self.add_unseen_calls(&calls, &name.value);
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
        let (mut uses, mut calls) = (Uses::default(), Calls::default());
        for (function, offers) in [
            (functions.process, MESSAGE),
            (functions.startup, WITHOUT_MESSAGE),
        ] {
            if let Some((of, function)) = function {
                modules.add_uses(of, function, offers, &mut uses);
                modules.add_calls(of, function, &mut calls);
            }
        }
        let hidden = functions.hidden.iter();
        let not_defined = "this function is none that the script defines";
        uses.unseen
            .extend(hidden.map(|at| (at.clone(), not_defined)));
        options::add_keys(modules, arguments, &mut uses);
        let cases = match (arguments.keyword("cases"), functions.process) {
            (Some(listed), _) => modules.cases_listed(arguments.module, listed),
            (None, Some((of, function))) if arguments.more.is_none() => {
                modules.cases_of(of, function)
            }
            _ => Cases::Open(Vec::new()),
        };
        for (at, what) in &uses.unseen {
            self.push(at, what, Some(&name.value), options::KEYS);
        }
        self.add_unseen_calls(&calls, &name.value);
        self.services.push(CodeService {
            cases,
            reads: uses.reads.all,
            writes: uses.writes.all,
            own_reads: uses.reads.own,
            own_writes: uses.writes.own,
            repeats: [uses.reads.repeats, uses.writes.repeats].concat(),
            are_keys_known: uses.unseen.is_empty(),
            calls: calls.handlers,
            sends: calls.services,
            settings: options::settings(arguments, uses.connection),
            ..CodeService::named(name.value, name.span)
        });
    }

    fn add_unseen_calls(&mut self, calls: &Calls, of: &str) {
        for (at, line, what) in &calls.unseen {
            self.push(at, what, Some(of), line.help());
        }
    }

    fn nameless(&mut self, module: &Module, name: Node<'_>, kind: &str) {
        let what = format!("the name of this {kind} is computed");
        self.push(&module.span(name), &what, None, NAME);
        self.hides_services = true;
    }

    fn push(&mut self, at: &Span, what: &str, of: Option<&str>, help: &str) {
        self.unseen.push(Unseen {
            at: at.clone(),
            what: what.to_owned(),
            of: of.map(str::to_owned),
            help: help.to_owned(),
        });
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
