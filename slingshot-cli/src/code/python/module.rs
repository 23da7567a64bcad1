//! One file of Python: what its names stand for. Nothing of it is run.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use slingshot_topology::{SourceFile, Span};
use tree_sitter::{Node, Parser, Tree};

/// A file, parsed.
pub(super) struct Module {
    pub(super) path: PathBuf,
    pub(super) file: Arc<SourceFile>,
    tree: Tree,
}

/// What a name stands for in a file.
#[derive(Clone, Copy, Debug)]
pub(super) enum Definition<'t> {
    /// A function, a class or a value: its definition, or the expression behind `=`.
    Here(Node<'t>),
    /// `from module import name`; without a name, `import module`.
    Import {
        module: &'t str,
        name: Option<&'t str>,
    },
}

impl Module {
    /// `None` if there is no parser, which is a defect of the build.
    pub(super) fn parse(path: &Path, file: Arc<SourceFile>) -> Option<Self> {
        let mut parser = Parser::new();
        parser
            .set_language(&tree_sitter_python::LANGUAGE.into())
            .ok()?;
        let tree = parser.parse(&file.text, None)?;
        Some(Self {
            path: path.to_owned(),
            file,
            tree,
        })
    }

    pub(super) fn root(&self) -> Node<'_> {
        self.tree.root_node()
    }

    pub(super) fn text(&self, node: Node<'_>) -> &str {
        self.file.text.get(node.byte_range()).unwrap_or_default()
    }

    pub(super) fn span(&self, node: Node<'_>) -> Span {
        self.file.span(node.byte_range())
    }

    /// The first place that is no Python.
    pub(super) fn error(&self) -> Option<Node<'_>> {
        self.root()
            .has_error()
            .then(|| first(self.root(), &|node| node.is_error() || node.is_missing()))
            .flatten()
    }

    /// What a name stands for: its last definition outside of functions and classes.
    pub(super) fn definition(&self, name: &str) -> Option<Definition<'_>> {
        let mut found = None;
        self.define(self.root(), name, &mut found);
        found
    }

    fn define<'t>(&'t self, block: Node<'t>, name: &str, found: &mut Option<Definition<'t>>) {
        for statement in named(block) {
            match statement.kind() {
                "function_definition" | "class_definition" => {
                    self.define_here(statement, statement, name, found);
                }
                "decorated_definition" => {
                    if let Some(definition) = statement.child_by_field_name("definition") {
                        self.define_here(definition, definition, name, found);
                    }
                }
                "expression_statement" => {
                    for assignment in named(statement).filter(|it| it.kind() == "assignment") {
                        let parts = (field(assignment, "left"), field(assignment, "right"));
                        if let (Some(left), Some(right)) = parts
                            && self.text(left) == name
                        {
                            *found = Some(Definition::Here(right));
                        }
                    }
                }
                "import_from_statement" | "import_statement" => {
                    self.define_import(statement, name, found);
                }
                // What stands in one of these is defined at the same level.
                "if_statement" | "else_clause" | "elif_clause" | "try_statement"
                | "except_clause" | "block" => self.define(statement, name, found),
                _ => {}
            }
        }
    }

    fn define_here<'t>(
        &'t self,
        named: Node<'t>,
        value: Node<'t>,
        name: &str,
        found: &mut Option<Definition<'t>>,
    ) {
        if field(named, "name").is_some_and(|it| self.text(it) == name) {
            *found = Some(Definition::Here(value));
        }
    }

    fn define_import<'t>(
        &'t self,
        statement: Node<'t>,
        name: &str,
        found: &mut Option<Definition<'t>>,
    ) {
        let from = field(statement, "module_name");
        let mut cursor = statement.walk();
        for imported in statement.children_by_field_name("name", &mut cursor) {
            let (written, alias) = match imported.kind() {
                "aliased_import" => (field(imported, "name"), field(imported, "alias")),
                _ => (Some(imported), None),
            };
            let Some(written) = written.map(|it| self.text(it)) else {
                continue;
            };
            // `import a.b` binds `a`.
            let bound = alias.map_or_else(
                || written.split('.').next().unwrap_or_default(),
                |it| self.text(it),
            );
            if bound == name {
                *found = Some(match from {
                    Some(from) => Definition::Import {
                        module: self.text(from),
                        name: Some(written),
                    },
                    None => Definition::Import {
                        module: if alias.is_some() { written } else { bound },
                        name: None,
                    },
                });
            }
        }
    }

    /// The modules of which it imports all names.
    pub(super) fn stars(&self) -> Vec<&str> {
        let is_star = |statement: &Node<'_>| {
            statement.kind() == "import_from_statement"
                && named(*statement).any(|it| it.kind() == "wildcard_import")
        };
        let stars = named(self.root()).filter(is_star);
        stars
            .filter_map(|star| Some(self.text(field(star, "module_name")?)))
            .collect()
    }

    /// The modules that it imports, as they are written: `kinds`, `.kinds`, and `kinds.Kind`, which may
    /// be one. Each with its statement.
    pub(super) fn imports(&self) -> Vec<(String, Node<'_>)> {
        let is_import =
            |node: Node<'_>| matches!(node.kind(), "import_from_statement" | "import_statement");
        let mut imports = Vec::new();
        for statement in all(self.root(), &is_import) {
            let from = field(statement, "module_name").map(|it| self.text(it).to_owned());
            let mut cursor = statement.walk();
            for imported in statement.children_by_field_name("name", &mut cursor) {
                let name = field(imported, "name").unwrap_or(imported);
                let import = match &from {
                    Some(from) if from.ends_with('.') => format!("{from}{}", self.text(name)),
                    Some(from) => format!("{from}.{}", self.text(name)),
                    None => self.text(name).to_owned(),
                };
                imports.push((import, statement));
            }
            imports.extend(from.map(|from| (from, statement)));
        }
        imports
    }

    /// The text of a string that holds nothing to compute and nothing to unescape.
    pub(super) fn plain_string(&self, node: Node<'_>) -> Option<&str> {
        if node.kind() != "string" {
            return None;
        }
        let mut parts = named(node);
        let starts = parts.next().filter(|it| it.kind() == "string_start")?;
        if self.text(starts).contains(['f', 'F', 'b', 'B', 't', 'T']) {
            return None;
        }
        let is_raw = self.text(starts).contains(['r', 'R']);
        match (parts.next(), parts.next()) {
            (Some(content), Some(_)) if content.kind() == "string_content" => {
                let text = self.text(content);
                (is_raw || !text.contains('\\')).then_some(text)
            }
            (Some(end), None) if end.kind() == "string_end" => Some(""),
            _ => None,
        }
    }
}

pub(super) fn field<'t>(node: Node<'t>, name: &str) -> Option<Node<'t>> {
    node.child_by_field_name(name)
}

/// The children that are no punctuation and no comments.
pub(super) fn named(node: Node<'_>) -> impl DoubleEndedIterator<Item = Node<'_>> {
    let mut cursor = node.walk();
    let children: Vec<_> = node
        .named_children(&mut cursor)
        .filter(|child| child.kind() != "comment")
        .collect();
    children.into_iter()
}

/// Every node below that is wanted, in the order of the text.
pub(super) fn all<'t>(node: Node<'t>, is_wanted: &dyn Fn(Node<'t>) -> bool) -> Vec<Node<'t>> {
    let mut found = Vec::new();
    let mut waiting = vec![node];
    while let Some(node) = waiting.pop() {
        if is_wanted(node) {
            found.push(node);
        }
        let mut cursor = node.walk();
        let children: Vec<_> = node.children(&mut cursor).collect();
        waiting.extend(children.into_iter().rev());
    }
    found
}

fn first<'t>(node: Node<'t>, is_wanted: &dyn Fn(Node<'t>) -> bool) -> Option<Node<'t>> {
    all(node, is_wanted).into_iter().next()
}
