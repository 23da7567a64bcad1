//! The cases that a function returns, by its annotation: the same sets that the package closes when it
//! describes the service.

use slingshot_topology::{CaseValue, Cases, Spanned};
use tree_sitter::Node;

use super::{
    module::{Module, field, named},
    modules::{Meaning, Modules},
};

/// Cases with their places; `None` for a set that is open.
type Set = Option<Vec<Spanned<CaseValue>>>;

/// The types of which one argument is what comes one after the other.
const ITERABLES: [&str; 22] = [
    "AsyncGenerator",
    "AsyncIterable",
    "AsyncIterator",
    "Collection",
    "Deque",
    "Dict",
    "FrozenSet",
    "Generator",
    "Iterable",
    "Iterator",
    "List",
    "Mapping",
    "MutableSequence",
    "Sequence",
    "Set",
    "deque",
    "dict",
    "frozenset",
    "list",
    "set",
    "Reversible",
    "MutableMapping",
];

impl Modules {
    /// The cases of a function's return annotation.
    pub(super) fn cases_of(&self, module: &Module, function: Node<'_>) -> Cases {
        let annotation = field(function, "return_type");
        let set = annotation.and_then(|annotation| self.of_result(module, annotation));
        closed(set)
    }

    /// The cases that `cases=` lists.
    pub(super) fn cases_listed(&self, module: &Module, value: Node<'_>) -> Cases {
        if matches!(value.kind(), "list" | "tuple" | "set") {
            let items = named(value).map(|item| self.member_or_literal(module, item));
            return closed(items.collect());
        }
        closed(match self.meaning(module, value) {
            Some(Meaning::Own(module, class)) => self.of_enum(module, class),
            _ => None,
        })
    }

    fn member_or_literal(&self, module: &Module, item: Node<'_>) -> Option<Spanned<CaseValue>> {
        if let Some(value) = literal(module, item) {
            return Some(value);
        }
        let object = field(item, "object")?;
        let name = module.text(field(item, "attribute")?);
        let Some(Meaning::Own(of, class)) = self.meaning(module, object) else {
            return None;
        };
        let members = self.members(of, class)?;
        let (_, value) = members.into_iter().find(|(member, _)| *member == name)?;
        Some(value)
    }

    fn of_result(&self, module: &Module, annotation: Node<'_>) -> Set {
        let annotation = inner(annotation)?;
        if module.text(annotation) == "None" {
            return Some(Vec::new());
        }
        if let Some(alternatives) = alternatives(module, annotation) {
            return together(alternatives.map(|it| self.of_result(module, it)));
        }
        let Some((base, arguments)) = generic(annotation) else {
            return match self.meaning(module, annotation) {
                Some(Meaning::Own(module, alias)) if is_type(alias) => {
                    self.of_result(module, alias)
                }
                _ => None,
            };
        };
        let is_pair = arguments.len() == 2
            && inner(arguments[0]).is_some_and(|first| self.is_foreign(module, first, "int"));
        let base = self.foreign(module, base)?;
        match base.as_str() {
            "Optional" | "Union" => {
                together(arguments.iter().map(|it| self.of_result(module, *it)))
            }
            "Tuple" | "tuple" if is_pair => self.of_case(module, arguments[1]),
            "Tuple" | "tuple" => {
                let items = arguments.iter().filter(|it| module.text(**it) != "...");
                together(items.map(|it| self.of_result(module, *it)))
            }
            "Awaitable" | "Coroutine" => self.of_result(module, *arguments.last()?),
            base if ITERABLES.contains(&base) && is_pair => self.of_case(module, arguments[1]),
            base if ITERABLES.contains(&base) => self.of_result(module, *arguments.first()?),
            _ => None,
        }
    }

    fn of_case(&self, module: &Module, annotation: Node<'_>) -> Set {
        let annotation = inner(annotation)?;
        if let Some(alternatives) = alternatives(module, annotation) {
            return together(alternatives.map(|it| self.of_case(module, it)));
        }
        if let Some((base, arguments)) = generic(annotation) {
            let mut arguments = arguments.into_iter();
            return match self.foreign(module, base)?.as_str() {
                "Literal" => arguments.map(|it| literal(module, inner(it)?)).collect(),
                "Union" => together(arguments.map(|it| self.of_case(module, it))),
                "Annotated" => self.of_case(module, arguments.next()?),
                _ => None,
            };
        }
        match self.meaning(module, annotation)? {
            Meaning::Foreign(name) if name == "bool" => {
                let at = module.span(annotation);
                let value = |value| Spanned::new(CaseValue::Bool(value), at.clone());
                Some(vec![value(false), value(true)])
            }
            Meaning::Own(module, class) if class.kind() == "class_definition" => {
                self.of_enum(module, class)
            }
            Meaning::Own(module, alias) if is_type(alias) => self.of_case(module, alias),
            _ => None,
        }
    }

    fn of_enum(&self, module: &Module, class: Node<'_>) -> Set {
        let members = self.members(module, class)?;
        Some(members.into_iter().map(|(_, value)| value).collect())
    }

    /// The members of an `Enum`, each with its value, if all of these are written out.
    fn members<'t>(
        &self,
        module: &'t Module,
        class: Node<'t>,
    ) -> Option<Vec<(&'t str, Spanned<CaseValue>)>> {
        let bases = field(class, "superclasses")?;
        let mut bases = named(bases).filter_map(|base| self.foreign(module, base));
        let base = bases.find(|base| matches!(base.as_str(), "Enum" | "IntEnum" | "StrEnum"))?;
        let mut members: Vec<(&str, Spanned<CaseValue>)> = Vec::new();
        for statement in named(field(class, "body")?) {
            let assignments = named(statement).filter(|it| it.kind() == "assignment");
            for assignment in assignments {
                let name = module.text(field(assignment, "left")?);
                // An annotation alone is no member, and what begins with `_` is Python's.
                let Some(right) = field(assignment, "right").filter(|_| !name.starts_with('_'))
                else {
                    continue;
                };
                let value = match literal(module, right) {
                    Some(value) => value,
                    None => self.automatic(module, right, (name, &base), &members)?,
                };
                members.push((name, value));
            }
        }
        Some(members)
    }

    /// What `auto()` gives.
    fn automatic(
        &self,
        module: &Module,
        right: Node<'_>,
        (name, base): (&str, &str),
        before: &[(&str, Spanned<CaseValue>)],
    ) -> Option<Spanned<CaseValue>> {
        let function = field(right, "function")?;
        if self.foreign(module, function)? != "auto" {
            return None;
        }
        let value = match (base, before.last().map(|(_, last)| &last.value)) {
            ("StrEnum", _) => CaseValue::Text(name.to_lowercase().into()),
            (_, None) => CaseValue::Integer(1),
            (_, Some(CaseValue::Integer(last))) => CaseValue::Integer(last.checked_add(1)?),
            _ => return None,
        };
        Some(Spanned::new(value, module.span(right)))
    }

    /// The last part of what is not the script's own: `Iterator` of `typing.Iterator`.
    fn foreign(&self, module: &Module, node: Node<'_>) -> Option<String> {
        match self.meaning(module, node)? {
            Meaning::Foreign(name) => name.rsplit('.').next().map(str::to_owned),
            _ => None,
        }
    }

    fn is_foreign(&self, module: &Module, node: Node<'_>, name: &str) -> bool {
        self.foreign(module, node).is_some_and(|it| it == name)
    }
}

/// Each once, as Python has it: where it is written first.
fn closed(set: Set) -> Cases {
    let Some(set) = set else {
        return Cases::Open(Vec::new());
    };
    let mut cases: Vec<Spanned<CaseValue>> = Vec::new();
    for case in set {
        if cases.iter().all(|known| known.value != case.value) {
            cases.push(case);
        }
    }
    Cases::Closed(cases)
}

fn together(sets: impl Iterator<Item = Set>) -> Set {
    let sets: Option<Vec<_>> = sets.collect();
    Some(sets?.into_iter().flatten().collect())
}

/// An annotation without what the grammar wraps it in.
fn inner(node: Node<'_>) -> Option<Node<'_>> {
    match node.kind() {
        "type" | "parenthesized_expression" => inner(named(node).next()?),
        _ => Some(node),
    }
}

fn is_type(node: Node<'_>) -> bool {
    matches!(
        node.kind(),
        "subscript" | "generic_type" | "binary_operator" | "union_type" | "attribute"
    )
}

/// The types of `A | B`.
fn alternatives<'t>(
    module: &Module,
    node: Node<'t>,
) -> Option<impl Iterator<Item = Node<'t>> + use<'t>> {
    let is_union = match node.kind() {
        "union_type" => true,
        "binary_operator" => {
            field(node, "operator").is_some_and(|operator| module.text(operator) == "|")
        }
        _ => false,
    };
    is_union.then(|| named(node))
}

/// `Base[Arguments]`, as the grammar has it in an annotation and elsewhere.
fn generic(node: Node<'_>) -> Option<(Node<'_>, Vec<Node<'_>>)> {
    let mut parts = named(node);
    match node.kind() {
        "subscript" => Some((parts.next()?, parts.collect())),
        "generic_type" => {
            let base = parts.next()?;
            Some((base, named(parts.next()?).collect()))
        }
        _ => None,
    }
}

/// A case that is written out.
fn literal(module: &Module, node: Node<'_>) -> Option<Spanned<CaseValue>> {
    let value = match node.kind() {
        "true" => CaseValue::Bool(true),
        "false" => CaseValue::Bool(false),
        "integer" => CaseValue::Integer(integer(module.text(node))?),
        "unary_operator" if module.text(node).starts_with('-') => {
            CaseValue::Integer(-integer(module.text(field(node, "argument")?))?)
        }
        "string" => CaseValue::Text(module.plain_string(node)?.to_owned().into()),
        _ => return None,
    };
    Some(Spanned::new(value, module.span(node)))
}

fn integer(written: &str) -> Option<i128> {
    written.replace('_', "").parse().ok()
}
