//! What calls are given, and what functions take.

use tree_sitter::Node;

use super::module::{Module, field, named};

/// What a message offers, in the order in which functions of so many parameters of any names take it.
pub(super) const MESSAGE: &[&str] = &["request", "read_file", "write_file", "connection"];
/// What is shared with handlers.
const SHARED: [&str; 5] = ["AsyncBus", "AsyncQueues", "Bus", "Queues", "SharedState"];

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
    /// Where `*` or `**` gives it more.
    pub(super) more: Option<Node<'t>>,
}

impl<'t> Arguments<'t> {
    pub(super) fn of(module: &'t Module, call: Node<'t>) -> Self {
        let mut arguments = Self {
            module,
            positional: Vec::new(),
            keywords: Vec::new(),
            more: None,
        };
        for argument in field(call, "arguments").into_iter().flat_map(named) {
            match argument.kind() {
                "keyword_argument" => {
                    let parts = field(argument, "name").zip(field(argument, "value"));
                    arguments
                        .keywords
                        .extend(parts.map(|(name, value)| (module.text(name), value)));
                }
                "list_splat" | "dictionary_splat" => arguments.more = Some(argument),
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
    pub(super) is_required: bool,
}

impl<'t> Parameter<'t> {
    /// The last part of its annotation.
    pub(super) fn type_name(&self) -> Option<&'t str> {
        let annotation = self.annotation?.trim_matches(['\'', '"']);
        annotation.rsplit('.').next()
    }

    /// Whether it takes what handlers take too, by its type alone.
    pub(super) fn is_shared(&self) -> bool {
        let name = self.type_name();
        name.is_some_and(|name| SHARED.contains(&name))
    }

    /// Which of a message's offers it takes, by its name or by its type.
    pub(super) fn offer(&self) -> Option<&'t str> {
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
