//! The handlers that a function calls through its bus, and the services that it sends ids to; also through the
//! functions that it hands bus or queues to.

use slingshot_topology::{BusCall, Span, Spanned};
use tree_sitter::Node;

use super::{
    arguments::{Arguments, Parameter, is_name_only, parameters},
    follow::{Followed, Looked},
    module::{Module, all, field},
    modules::Modules,
};

/// What a function calls.
#[derive(Debug, Default)]
pub(super) struct Calls {
    pub(super) handlers: Vec<BusCall>,
    pub(super) services: Vec<Spanned<String>>,
    /// Names that are computed, or are not seen.
    pub(super) unseen: Vec<(Span, Line, &'static str)>,
}

/// What a parameter is, by its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Line {
    Bus,
    Queues,
}

impl Line {
    /// What to say of anything else than a call.
    fn unknown_use(self) -> &'static str {
        match self {
            Self::Bus => "this use is not followed; which handlers it calls is not seen",
            Self::Queues => "this use is not followed; which services it sends to is not seen",
        }
    }

    /// What makes it seen.
    pub(super) fn help(self) -> &'static str {
        match self {
            Self::Bus => "name the handler by a text or a constant, in a function of the script",
            Self::Queues => "name the service by a text or a constant, in a function of the script",
        }
    }

    fn of(parameter: &Parameter<'_>) -> Option<Self> {
        match parameter.type_name()? {
            "Bus" | "AsyncBus" => Some(Self::Bus),
            "Queues" | "AsyncQueues" => Some(Self::Queues),
            _ => None,
        }
    }
}

impl Modules {
    /// Adds what a function calls.
    pub(super) fn add_calls<'t>(
        &'t self,
        module: &'t Module,
        function: Node<'t>,
        calls: &mut Calls,
    ) {
        let Some(body) = field(function, "body") else {
            return;
        };
        let parameters = parameters(module, function);
        let lines = parameters
            .iter()
            .filter_map(|it| Some((it.name, Line::of(it)?)));
        let first = Looked {
            module,
            body,
            roles: lines.collect(),
        };
        let mut followed = Followed::from(self, first);
        while let Some(looked) = followed.next() {
            self.look_for_calls(&looked, &mut followed, calls);
        }
    }

    fn look_for_calls<'t>(
        &self,
        looked: &Looked<'t, Line>,
        followed: &mut Followed<'t, Line>,
        calls: &mut Calls,
    ) {
        let module = looked.module;
        for name in all(looked.body, &|node| node.kind() == "identifier") {
            let (Some(line), Some(parent)) = (looked.role_of(name), name.parent()) else {
                continue;
            };
            let is_object = parent.kind() == "attribute" && field(parent, "object") == Some(name);
            if is_object {
                self.add_call(module, parent, line, calls);
            } else if !is_name_only(parent, name) && !followed.hand_on(module, name, line) {
                let at = module.span(name);
                calls.unseen.push((at, line, line.unknown_use()));
            }
        }
    }

    /// `bus.publish("name", …)`.
    fn add_call(&self, module: &Module, method: Node<'_>, line: Line, calls: &mut Calls) {
        let called = method
            .parent()
            .filter(|call| call.kind() == "call" && field(*call, "function") == Some(method));
        let word = field(method, "attribute").map(|it| module.text(it));
        let keyword = match (line, word) {
            (Line::Bus, Some("publish" | "dispatch")) => "handler",
            (Line::Queues, Some("send" | "send_all")) => "service",
            _ => return,
        };
        let Some(call) = called else {
            let at = module.span(method);
            calls.unseen.push((at, line, line.unknown_use()));
            return;
        };
        let name = Arguments::of(module, call).at(0, keyword);
        let text = name.and_then(|name| self.text(module, name));
        let Some((name, text)) = name.zip(text) else {
            let at = module.span(name.unwrap_or(call));
            let what = match line {
                Line::Bus => {
                    "the handler of this call is no literal; whether there is one is not seen"
                }
                Line::Queues => {
                    "the service of this call is no literal; whether there is one is not seen"
                }
            };
            calls.unseen.push((at, line, what));
            return;
        };
        let name = Spanned::new(text, module.span(name));
        match line {
            Line::Bus => calls.handlers.push(BusCall {
                handler: name,
                awaits: word == Some("publish"),
            }),
            Line::Queues => calls.services.push(name),
        }
    }
}
