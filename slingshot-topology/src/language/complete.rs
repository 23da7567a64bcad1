//! What could stand where a name stands.

use std::{collections::BTreeMap, ops::Range};

use super::{
    index::{Index, Role},
    symbol::Symbol,
};
use crate::{
    CaseValue, RULES,
    code::{Cases, Code},
    system::System,
};

/// A name that could stand at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// The name, as it is written there.
    pub text: String,
    /// What it is.
    pub detail: String,
    /// The bytes that it takes the place of.
    pub range: Range<usize>,
}

/// The names that could stand at a byte of a file, where a name stands already, if only an empty one.
pub fn complete(
    index: &Index,
    system: &System,
    code: &Code,
    path: &str,
    byte: usize,
) -> Vec<Completion> {
    let mut all = Vec::new();
    for mention in index.at(path, byte) {
        let (text, span) = (mention.span.text(), &mention.span);
        let is_quoted = text.starts_with(['"', '\'']);
        let range = span.start + usize::from(is_quoted)..span.end - usize::from(is_closed(text));
        let names = match &mention.symbol {
            Symbol::Queue(own) => queues(index, own),
            Symbol::Case { service, .. } if mention.role == Role::Declared => {
                cases(code, system, service, is_quoted)
            }
            Symbol::Key { service, .. } => keys(code, service),
            Symbol::Handler(_) => named(code.handlers.iter().map(|it| &*it.name), "handler"),
            Symbol::Rule(_) => RULES
                .iter()
                .map(|rule| (rule.name.to_owned(), rule.what.to_owned()))
                .collect(),
            _ => BTreeMap::new(),
        };
        all.extend(names.into_iter().map(|(text, detail)| Completion {
            text,
            detail,
            range: range.clone(),
        }));
    }
    all
}

/// Whether a name ends with the quote that it begins with: nobody has closed one that is being written.
fn is_closed(text: &str) -> bool {
    let mut inner = text.chars();
    let quote = inner.next().filter(|quote| matches!(quote, '"' | '\''));
    quote.is_some() && inner.next_back() == quote
}

/// Names and what they are.
type Names = BTreeMap<String, String>;

/// The one that stands there is a suggestion only if it stands elsewhere too.
fn queues(index: &Index, own: &str) -> Names {
    let mut names = Names::new();
    for symbol in index.symbols() {
        let Symbol::Queue(name) = symbol else {
            continue;
        };
        if !name.is_empty() && (name != own || index.count(symbol) > 1) {
            let is_read = index.places(symbol).any(|it| it.role == Role::Declared);
            let detail = if is_read {
                "a queue that a service reads"
            } else {
                "a queue that no service reads"
            };
            names.insert(name.clone(), detail.to_owned());
        }
    }
    names
}

/// The cases that the code returns. One without a route comes with a word that says so.
fn cases(code: &Code, system: &System, service: &str, is_quoted: bool) -> Names {
    let routes = system.service(service).map(|service| &service.routes);
    let is_routed = |case: &CaseValue| {
        let mut routes = routes.into_iter().flatten();
        routes.any(|route| route.case.value == *case)
    };
    let mut names = Names::new();
    for found in code.services.iter().filter(|it| it.name == service) {
        let Cases::Closed(cases) = &found.cases else {
            continue;
        };
        for case in cases {
            let detail = if is_routed(&case.value) {
                "a case of the function"
            } else {
                "a case of the function, without a route"
            };
            let text = match &case.value {
                CaseValue::Text(text) if is_quoted => text.to_string(),
                _ if is_quoted => continue,
                other => other.to_string(),
            };
            names.insert(text, detail.to_owned());
        }
    }
    names
}

fn keys(code: &Code, service: &str) -> Names {
    let services = code.services.iter().filter(|it| it.name == service);
    let keys = services.flat_map(|service| service.reads.iter().chain(&service.writes));
    named(keys.map(|key| &*key.value), "a key in the code")
}

fn named<'n>(names: impl Iterator<Item = &'n str>, detail: &str) -> Names {
    names
        .map(|name| (name.to_owned(), detail.to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Index, complete};
    use crate::{Code, SourceFile, read_toml};

    #[test]
    fn a_name_that_is_not_closed_is_replaced_to_its_end() {
        let check = |written: &str, expected: &str| {
            let text = format!("[topology]\nsinks = [\"done\"]\n[services.a]\nin = {written}\n");
            let file = SourceFile::new("slingshot.toml", text);
            let (system, _) = read_toml(&file);
            let code = Code::default();
            let index = Index::of(&system, &code);
            let byte = file.text.find("in = ").unwrap() + 6;
            let found = complete(&index, &system, &code, &file.path, byte);
            let [found] = &*found else {
                panic!("{written}: {found:?}");
            };
            assert_eq!(file.text.get(found.range.clone()), Some(expected));
        };
        check("\"do\"", "do");
        check("'do'", "do");
        check("\"do, é", "do, é");
        check("\"do'", "do'");
    }
}
