//! The functions of a script that an argument is handed on to, each looked at once: a chain of them may be of any
//! length, and may go in a circle.

use std::{
    collections::{BTreeSet, VecDeque},
    path::Path,
};

use tree_sitter::Node;

use super::{
    arguments::parameters,
    module::{Module, field, named},
    modules::{Meaning, Modules},
};

/// A function, and which of its parameters are looked at.
pub(super) struct Looked<'t, R> {
    pub(super) module: &'t Module,
    pub(super) body: Node<'t>,
    /// The name of a parameter, and what it is.
    pub(super) roles: Vec<(&'t str, R)>,
}

impl<R: Copy> Looked<'_, R> {
    /// What an identifier is.
    pub(super) fn role_of(&self, node: Node<'_>) -> Option<R> {
        let name = self.module.text(node);
        let mut roles = self.roles.iter();
        roles
            .find(|(known, _)| *known == name)
            .map(|(_, role)| *role)
    }
}

/// The functions that are still to be looked at.
pub(super) struct Followed<'t, R> {
    modules: &'t Modules,
    waiting: VecDeque<Looked<'t, R>>,
    /// The functions that something was handed on to, by the file and the place in it, and what that was.
    known: BTreeSet<(&'t Path, usize, &'t str, R)>,
}

impl<'t, R: Copy + Ord> Followed<'t, R> {
    pub(super) fn from(modules: &'t Modules, first: Looked<'t, R>) -> Self {
        Self {
            modules,
            waiting: VecDeque::from([first]),
            known: BTreeSet::new(),
        }
    }

    pub(super) fn next(&mut self) -> Option<Looked<'t, R>> {
        self.waiting.pop_front()
    }

    /// Follows a name that is an argument of a call to a function of the script's own. Whether it is one.
    pub(super) fn hand_on(&mut self, module: &'t Module, name: Node<'t>, role: R) -> bool {
        let Some((module, body, name)) = handed_on(self.modules, module, name) else {
            return false;
        };
        if self
            .known
            .insert((&module.path, body.start_byte(), name, role))
        {
            self.waiting.push_back(Looked {
                module,
                body,
                roles: vec![(name, role)],
            });
        }
        true
    }
}

/// The function of the script's own that a name is an argument for: its body, and what the argument is called there.
fn handed_on<'t>(
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
