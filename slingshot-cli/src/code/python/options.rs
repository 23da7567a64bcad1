//! What the arguments of a service say besides its name and its functions.

use std::time::Duration;

use slingshot_settings::duration;
use slingshot_topology::{CodeSettings, Spanned};
use tree_sitter::Node;

use super::{
    arguments::Arguments,
    keys::Uses,
    module::{Module, named},
    modules::{Meaning, Modules},
};

/// What makes keys seen.
pub(super) const KEYS: &str =
    "say all of the service's keys where it is made: `reads=[\"..\"]`, `writes=[\"..\"]`";

/// Adds the keys that are said. Where some are, they are all, as in Rust: what the functions do with others is not
/// looked for.
pub(super) fn add_keys(modules: &Modules, arguments: &Arguments<'_>, uses: &mut Uses) {
    let module = arguments.module;
    let said = ["reads", "writes"].map(|word| arguments.keyword(word));
    if said.iter().any(Option::is_some) {
        uses.unseen.clear();
    }
    if let Some(more) = arguments.more {
        let what = "what else this gives the service is not seen";
        uses.unseen.push((module.span(more), what));
    }
    for (said, keys) in said.into_iter().zip([&mut uses.reads, &mut uses.writes]) {
        let Some(said) = said else {
            continue;
        };
        let Some((of, list)) = listed(modules, module, said) else {
            uses.unseen
                .push((module.span(said), "these keys are computed"));
            continue;
        };
        for key in named(list) {
            let at = of.span(key);
            match modules.text(of, key) {
                Some(text) => keys.add(Spanned::new(text, at), false),
                None => uses.unseen.push((at, "this key is computed")),
            }
        }
    }
}

/// A list that is written out, here or as a constant of the script's.
fn listed<'t>(
    modules: &'t Modules,
    module: &'t Module,
    node: Node<'t>,
) -> Option<(&'t Module, Node<'t>)> {
    let is_list = |node: Node<'_>| matches!(node.kind(), "list" | "tuple" | "set");
    if is_list(node) {
        return Some((module, node));
    }
    match modules.meaning(module, node)? {
        Meaning::Own(of, value) if is_list(value) => Some((of, value)),
        _ => None,
    }
}

/// How the service runs.
pub(super) fn settings(arguments: &Arguments<'_>, connection: bool) -> CodeSettings {
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
