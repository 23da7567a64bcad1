//! The keys that a function gives to `read_file` and `write_file`, also through the functions that it
//! hands these to.

use slingshot_topology::{Span, Spanned};
use tree_sitter::Node;

use super::{
    arguments::{Arguments, is_name_only, parameters},
    follow::{Followed, Looked},
    module::{Module, all, field},
    modules::{Meaning, Modules},
};

/// What a startup function is offered, which has no message.
pub(super) const WITHOUT_MESSAGE: &[&str] = &["read_file", "write_file", "connection"];

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
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Role {
    Request,
    Read,
    Write,
}

impl Modules {
    /// Adds what a function of a service does.
    pub(super) fn add_uses<'t>(
        &'t self,
        module: &'t Module,
        function: Node<'t>,
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
        let first = Looked {
            module,
            body,
            roles,
        };
        let mut followed = Followed::from(self, first);
        while let Some(looked) = followed.next() {
            self.look(&looked, &mut followed, uses);
        }
    }

    fn look<'t>(
        &self,
        looked: &Looked<'t, Role>,
        followed: &mut Followed<'t, Role>,
        uses: &mut Uses,
    ) {
        let module = looked.module;
        for name in all(looked.body, &|node| node.kind() == "identifier") {
            let (Some(role @ (Role::Read | Role::Write)), Some(parent)) =
                (looked.role_of(name), name.parent())
            else {
                continue;
            };
            if parent.kind() == "call" && field(parent, "function") == Some(name) {
                self.add_key(looked, parent, role, uses);
            } else if !is_name_only(parent, name) && !followed.hand_on(module, name, role) {
                let what = "it is given away here, and the keys are not seen";
                uses.unseen.push((module.span(name), what));
            }
        }
    }

    fn add_key(&self, looked: &Looked<'_, Role>, call: Node<'_>, role: Role, uses: &mut Uses) {
        let module = looked.module;
        let arguments = Arguments::of(module, call);
        let key = arguments.at(0, "key");
        let text = key.and_then(|key| self.text(module, key));
        let Some((key, text)) = key.zip(text) else {
            let at = module.span(key.unwrap_or(call));
            uses.unseen.push((at, "this key is computed"));
            return;
        };
        let id = arguments.at(1, "id");
        let is_own_id = id.is_some_and(|id| looked.role_of(id) == Some(Role::Request));
        let key = Spanned::new(text, module.span(key));
        match role {
            Role::Read => uses.reads.add(key, is_own_id),
            Role::Write | Role::Request => uses.writes.add(key, is_own_id),
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
