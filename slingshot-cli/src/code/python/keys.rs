//! The keys that a function gives to `read_file` and `write_file`, also through the functions that it
//! hands these to.

use slingshot_topology::{Span, Spanned};
use tree_sitter::Node;

use super::{
    module::{Module, all, field, named},
    modules::{Meaning, Modules},
};

/// A function that is handed on further than this goes in a circle.
pub(super) const MAX_DEPTH: usize = 8;
/// What a message offers, in the order in which functions of so many parameters of any names take it.
pub(super) const MESSAGE: &[&str] = &["request", "read_file", "write_file", "connection"];
/// The same for a startup function, which has no message.
pub(super) const WITHOUT_MESSAGE: &[&str] = &["read_file", "write_file", "connection"];

/// What is shared with handlers.
const SHARED: [&str; 5] = ["AsyncBus", "AsyncQueues", "Bus", "Queues", "SharedState"];

/// What a service does with its files, and what it takes.
#[derive(Debug, Default)]
pub(super) struct Uses {
    pub(super) reads: Keys,
    pub(super) writes: Keys,
    /// Whether it takes a connection to the database.
    pub(super) connection: bool,
    /// Keys that are computed, or given away.
    pub(super) unseen: Vec<(Span, &'static str)>,
}

/// The keys of one direction.
#[derive(Debug, Default)]
pub(super) struct Keys {
    /// Each where it is named first.
    pub(super) all: Vec<Spanned<String>>,
    /// Those under which the object of the message's own id is opened.
    pub(super) own: Vec<Spanned<String>>,
    pub(super) repeats: Vec<Spanned<String>>,
}

impl Keys {
    pub(super) fn add(&mut self, key: Spanned<String>, is_own_id: bool) {
        let known = |keys: &[Spanned<String>]| keys.iter().any(|it| it.value == key.value);
        if is_own_id && !known(&self.own) {
            self.own.push(key.clone());
        }
        if known(&self.all) {
            self.repeats.push(key);
        } else {
            self.all.push(key);
        }
    }
}

/// What a parameter is, by its name, by its type or by its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Request,
    Read,
    Write,
}

/// A function, and what of it is looked at.
struct Looked<'t> {
    module: &'t Module,
    body: Node<'t>,
    /// The name of a parameter, and what it is.
    roles: Vec<(&'t str, Role)>,
}

impl Modules {
    /// Adds what a function of a service does.
    pub(super) fn add_uses(
        &self,
        module: &Module,
        function: Node<'_>,
        offers: &[&str],
        uses: &mut Uses,
    ) {
        let Some(body) = field(function, "body") else {
            return;
        };
        let parameters = parameters(module, function);
        let is_by_place =
            parameters.len() == offers.len() && parameters.iter().all(|it| it.is_required);
        let mut roles = Vec::new();
        for (place, parameter) in parameters.iter().enumerate() {
            let offer = parameter.offer();
            let is_by_place = is_by_place && !parameter.is_shared();
            let offer = offer.or_else(|| offers.get(place).copied().filter(|_| is_by_place));
            match offer {
                Some("request") => roles.push((parameter.name, Role::Request)),
                Some("read_file") => roles.push((parameter.name, Role::Read)),
                Some("write_file") => roles.push((parameter.name, Role::Write)),
                Some("connection") => uses.connection = true,
                _ => {}
            }
        }
        let looked = Looked {
            module,
            body,
            roles,
        };
        self.look(&looked, uses, MAX_DEPTH);
    }

    fn look(&self, looked: &Looked<'_>, uses: &mut Uses, depth: usize) {
        let module = looked.module;
        let role_of = |node: Node<'_>| {
            let name = module.text(node);
            let mut roles = looked.roles.iter();
            roles
                .find(|(known, _)| *known == name)
                .map(|(_, role)| *role)
        };
        for name in all(looked.body, &|node| node.kind() == "identifier") {
            let (Some(role @ (Role::Read | Role::Write)), Some(parent)) =
                (role_of(name), name.parent())
            else {
                continue;
            };
            let call = parent;
            if call.kind() == "call" && field(call, "function") == Some(name) {
                self.add_key(module, call, role, &role_of, uses);
            } else if !is_name_only(parent, name) {
                self.handed_on(looked, name, role, uses, depth);
            }
        }
    }

    fn add_key(
        &self,
        module: &Module,
        call: Node<'_>,
        role: Role,
        role_of: &dyn Fn(Node<'_>) -> Option<Role>,
        uses: &mut Uses,
    ) {
        let arguments = Arguments::of(module, call);
        let key = arguments.at(0, "key");
        let text = key.and_then(|key| self.text(module, key));
        let Some((key, text)) = key.zip(text) else {
            let at = module.span(key.unwrap_or(call));
            uses.unseen.push((at, "this key is computed"));
            return;
        };
        let id = arguments.at(1, "id");
        let is_own_id = id.is_some_and(|id| role_of(id) == Some(Role::Request));
        let key = Spanned::new(text, module.span(key));
        match role {
            Role::Read => uses.reads.add(key, is_own_id),
            Role::Write | Role::Request => uses.writes.add(key, is_own_id),
        }
    }

    /// `read_file` as an argument: what the function that is called does with it.
    fn handed_on(
        &self,
        looked: &Looked<'_>,
        name: Node<'_>,
        role: Role,
        uses: &mut Uses,
        depth: usize,
    ) {
        let module = looked.module;
        match handed_on(self, module, name) {
            Some((module, body, name)) if depth > 0 => {
                let roles = vec![(name, role)];
                let next = Looked {
                    module,
                    body,
                    roles,
                };
                self.look(&next, uses, depth - 1);
            }
            _ => uses.unseen.push((
                module.span(name),
                "it is given away here, and its keys are not seen",
            )),
        }
    }

    /// A text that is written out, here or as a constant of the script's.
    pub(super) fn text(&self, module: &Module, node: Node<'_>) -> Option<String> {
        if let Some(text) = module.plain_string(node) {
            return Some(text.to_owned());
        }
        match self.meaning(module, node)? {
            Meaning::Own(module, value) => module.plain_string(value).map(str::to_owned),
            _ => None,
        }
    }
}

/// The function of the script's own that a name is an argument for: its body, and what the argument is called there.
pub(super) fn handed_on<'t>(
    modules: &'t Modules,
    module: &'t Module,
    name: Node<'t>,
) -> Option<(&'t Module, Node<'t>, &'t str)> {
    let (call, place) = callee(name)?;
    let Meaning::Own(of, function) = modules.meaning(module, field(call, "function")?)? else {
        return None;
    };
    if function.kind() != "function_definition" {
        return None;
    }
    let parameters = parameters(of, function);
    let parameter = match place {
        Place::Nth(nth) => parameters.get(nth),
        Place::Keyword(keyword) => {
            let keyword = module.text(keyword);
            parameters.iter().find(|it| it.name == keyword)
        }
    };
    Some((of, field(function, "body")?, parameter?.name))
}

/// Where an argument stands in its call.
enum Place<'t> {
    Nth(usize),
    Keyword(Node<'t>),
}

/// The call that a name is an argument of.
fn callee(name: Node<'_>) -> Option<(Node<'_>, Place<'_>)> {
    let parent = name.parent()?;
    if parent.kind() == "keyword_argument" {
        let call = parent.parent()?.parent()?;
        return Some((call, Place::Keyword(field(parent, "name")?)));
    }
    if parent.kind() != "argument_list" {
        return None;
    }
    let nth = named(parent).position(|argument| argument == name)?;
    Some((parent.parent()?, Place::Nth(nth)))
}

/// Whether an identifier names no value here: `x.read_file`, `read_file=…`, a parameter.
pub(super) fn is_name_only(parent: Node<'_>, name: Node<'_>) -> bool {
    match parent.kind() {
        "attribute" => field(parent, "attribute") == Some(name),
        "keyword_argument" => field(parent, "name") == Some(name),
        "parameters" | "typed_parameter" | "default_parameter" | "lambda_parameters" => true,
        _ => false,
    }
}

/// What a call is given.
pub(super) struct Arguments<'t> {
    /// Where the call is.
    pub(super) module: &'t Module,
    positional: Vec<Node<'t>>,
    keywords: Vec<(&'t str, Node<'t>)>,
    /// Whether `*` or `**` gives it more.
    pub(super) is_open: bool,
}

impl<'t> Arguments<'t> {
    pub(super) fn of(module: &'t Module, call: Node<'t>) -> Self {
        let mut arguments = Self {
            module,
            positional: Vec::new(),
            keywords: Vec::new(),
            is_open: false,
        };
        for argument in field(call, "arguments").into_iter().flat_map(named) {
            match argument.kind() {
                "keyword_argument" => {
                    let parts = field(argument, "name").zip(field(argument, "value"));
                    arguments
                        .keywords
                        .extend(parts.map(|(name, value)| (module.text(name), value)));
                }
                "list_splat" | "dictionary_splat" => arguments.is_open = true,
                _ => arguments.positional.push(argument),
            }
        }
        arguments
    }

    pub(super) fn at(&self, place: usize, keyword: &str) -> Option<Node<'t>> {
        let positional = self.positional.get(place).copied();
        positional.or_else(|| self.keyword(keyword))
    }

    pub(super) fn keyword(&self, keyword: &str) -> Option<Node<'t>> {
        let mut keywords = self.keywords.iter();
        keywords
            .find(|(name, _)| *name == keyword)
            .map(|(_, value)| *value)
    }

    pub(super) fn positional(&self) -> &[Node<'t>] {
        &self.positional
    }
}

/// A parameter of a function.
pub(super) struct Parameter<'t> {
    pub(super) name: &'t str,
    annotation: Option<&'t str>,
    is_required: bool,
}

impl<'t> Parameter<'t> {
    /// The last part of its annotation.
    pub(super) fn type_name(&self) -> Option<&'t str> {
        let annotation = self.annotation?.trim_matches(['\'', '"']);
        annotation.rsplit('.').next()
    }

    /// Whether it takes what handlers take too, by its type alone.
    fn is_shared(&self) -> bool {
        let name = self.type_name();
        name.is_some_and(|name| SHARED.contains(&name))
    }

    /// Which of a message's offers it takes, by its name or by its type.
    fn offer(&self) -> Option<&'t str> {
        if MESSAGE.contains(&self.name) {
            return Some(self.name);
        }
        match self.type_name().filter(|_| self.is_required)? {
            "ReadFileFn" => Some("read_file"),
            "WriteFileFn" => Some("write_file"),
            "Connection" => Some("connection"),
            "int" => Some("request"),
            _ => None,
        }
    }
}

pub(super) fn parameters<'t>(module: &'t Module, function: Node<'t>) -> Vec<Parameter<'t>> {
    let list = field(function, "parameters").into_iter().flat_map(named);
    let parameter = |node: Node<'t>| {
        let is_required = matches!(node.kind(), "identifier" | "typed_parameter");
        let name = match node.kind() {
            "identifier" => node,
            "typed_parameter" => named(node).next().filter(|it| it.kind() == "identifier")?,
            "default_parameter" | "typed_default_parameter" => field(node, "name")?,
            _ => return None,
        };
        Some(Parameter {
            name: module.text(name),
            annotation: field(node, "type").map(|it| module.text(it)),
            is_required,
        })
    };
    list.filter_map(parameter).collect()
}
