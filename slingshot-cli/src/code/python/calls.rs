//! The handlers that a function calls through its bus, and the services that it sends ids to; also through the
//! functions that it hands bus or queues to.

use slingshot_topology::{BusCall, Span, Spanned};
use tree_sitter::Node;

use super::{
    arguments::{Arguments, MAX_DEPTH, Parameter, handed_on, is_name_only, parameters},
    module::{Module, all, field},
    modules::Modules,
};

/// What a function calls.
#[derive(Debug, Default)]
pub(super) struct Calls {
    pub(super) handlers: Vec<BusCall>,
    pub(super) services: Vec<Spanned<String>>,
    /// Names that are computed, or are not seen.
    pub(super) unseen: Vec<(Span, &'static str)>,
}

/// What a parameter is, by its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
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

    fn of(parameter: &Parameter<'_>) -> Option<Self> {
        match parameter.type_name()? {
            "Bus" | "AsyncBus" => Some(Self::Bus),
            "Queues" | "AsyncQueues" => Some(Self::Queues),
            _ => None,
        }
    }
}

/// A function, and what of it is looked at.
struct Looked<'t> {
    module: &'t Module,
    body: Node<'t>,
    /// The name of a parameter, and what it is.
    lines: Vec<(&'t str, Line)>,
}

impl Modules {
    /// What a function calls.
    pub(super) fn calls_of(&self, module: &Module, function: Node<'_>) -> Calls {
        let mut calls = Calls::default();
        if let Some(body) = field(function, "body") {
            let parameters = parameters(module, function);
            let lines = parameters
                .iter()
                .filter_map(|it| Some((it.name, Line::of(it)?)));
            let looked = Looked {
                module,
                body,
                lines: lines.collect(),
            };
            self.look_for_calls(&looked, &mut calls, MAX_DEPTH);
        }
        calls
    }

    fn look_for_calls(&self, looked: &Looked<'_>, calls: &mut Calls, depth: usize) {
        let module = looked.module;
        for name in all(looked.body, &|node| node.kind() == "identifier") {
            let text = module.text(name);
            let known = looked.lines.iter().find(|(known, _)| *known == text);
            let (Some((_, line)), Some(parent)) = (known, name.parent()) else {
                continue;
            };
            let is_object = parent.kind() == "attribute" && field(parent, "object") == Some(name);
            if is_object {
                self.add_call(module, parent, *line, calls);
            } else if !is_name_only(parent, name) {
                match handed_on(self, module, name) {
                    Some((module, body, parameter)) if depth > 0 => {
                        let lines = vec![(parameter, *line)];
                        let next = Looked {
                            module,
                            body,
                            lines,
                        };
                        self.look_for_calls(&next, calls, depth - 1);
                    }
                    _ => calls.unseen.push((module.span(name), line.unknown_use())),
                }
            }
        }
    }

    /// `bus.publish("name", …)`.
    fn add_call(&self, module: &Module, method: Node<'_>, line: Line, calls: &mut Calls) {
        let called = method
            .parent()
            .filter(|call| call.kind() == "call" && field(*call, "function") == Some(method));
        let word = field(method, "attribute").map(|it| module.text(it));
        let (Some(call), Some(word)) = (called, word) else {
            return;
        };
        let keyword = match (line, word) {
            (Line::Bus, "publish" | "dispatch") => "handler",
            (Line::Queues, "send" | "send_all") => "service",
            _ => return,
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
            calls.unseen.push((at, what));
            return;
        };
        let name = Spanned::new(text, module.span(name));
        match line {
            Line::Bus => calls.handlers.push(BusCall {
                handler: name,
                awaits: word == "publish",
            }),
            Line::Queues => calls.services.push(name),
        }
    }
}
