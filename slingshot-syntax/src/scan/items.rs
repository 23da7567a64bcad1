//! The items of a file: annotated functions, what they register, and modules.

mod cases;
mod macros;
mod names;

use std::{
    collections::{BTreeMap, BTreeSet},
    num::NonZeroU32,
};

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Attribute, File, Item, ItemFn, ItemMod, LitStr, Meta, Path, ext::IdentExt};

use super::{
    accesses::{AccessKind, Accesses},
    cfg::{Features, attributes, is_conditional, is_off, text},
    file::{
        DeclaredHandler, DeclaredService, FileScan, ModuleFile, ScannedFunction, SeenRegistration,
    },
    place::{Code, Place},
    registrations::{self, Name, Registration},
};
use crate::{ArgumentKind, Function, Handler, HandlerKind, Microservice, Mistakes};

const SERVICE: &str = "microservice";
const DERIVE: &str = "Case";

/// What an attribute makes of a function.
#[derive(Clone, Copy)]
enum Annotation {
    Service,
    Handler(HandlerKind),
}

pub(super) fn read(file: &File, features: &Features, code: &Code<'_>, scan: &mut FileScan) {
    let mut reader = Reader {
        code,
        features,
        is_conditional: is_conditional(&file.attrs, features),
        scan,
        attributes: BTreeMap::from([(SERVICE.to_owned(), Annotation::Service)]),
        derives: BTreeSet::from([DERIVE.to_owned()]),
        has_registrations: registrations::may_be_in(code.text),
        inside: Vec::new(),
    };
    for kind in HandlerKind::ALL {
        let name = kind.attribute().to_owned();
        reader.attributes.insert(name, Annotation::Handler(kind));
    }
    reader.names(&file.items);
    reader.items(&file.items);
}

struct Reader<'a, 'code> {
    code: &'a Code<'code>,
    features: &'a Features,
    /// Whether `cfg` decides if the module that is being read is there.
    is_conditional: bool,
    scan: &'a mut FileScan,
    /// The names that our attributes have here.
    attributes: BTreeMap<String, Annotation>,
    /// The names that `#[derive(Case)]` has here.
    derives: BTreeSet<String>,
    /// Whether it is worth looking for what is made by calls.
    has_registrations: bool,
    /// The inline modules around the items being read.
    inside: Vec<String>,
}

impl Reader<'_, '_> {
    fn items(&mut self, items: &[Item]) {
        for item in items {
            match item {
                Item::Fn(function) if !is_off(&function.attrs) => self.function(function),
                Item::Impl(item) if !is_off(&item.attrs) => {
                    self.registrations(item.to_token_stream());
                }
                Item::Enum(item) if !is_off(&item.attrs) => self.enumeration(item),
                Item::Struct(item) => self.refused(&item.attrs, item),
                Item::Union(item) => self.refused(&item.attrs, item),
                Item::Mod(module) if !is_off(&module.attrs) => self.module(module),
                Item::Macro(item) => self.macro_call(&item.mac),
                _ => {}
            }
        }
    }

    fn function(&mut self, item: &ItemFn) {
        let annotation = attributes(&item.attrs).into_iter().find_map(|meta| {
            let annotation = self.attributes.get(&last(meta.path())?)?;
            Some((*annotation, words_of(&meta)))
        });
        let index = self.scan.functions.len();
        let function = match annotation {
            Some((Annotation::Service, words)) => {
                let (service, mistakes) = Microservice::read(words, &item.sig);
                self.mistakes(&mistakes);
                self.service(&service, self.may_be_missing(&item.attrs), index);
                service.function
            }
            Some((Annotation::Handler(kind), words)) => {
                let (handler, mistakes) = Handler::read(kind, words, &item.sig);
                self.mistakes(&mistakes);
                self.handler(&handler, self.may_be_missing(&item.attrs), index);
                handler.function
            }
            // A function without an annotation may take what it likes.
            None => Function::of_any(&item.sig),
        };
        self.registrations(item.block.to_token_stream());
        let accesses = Accesses::of(&function.arguments, item.block.to_token_stream());
        let function = ScannedFunction::new(&function, accesses, self.code);
        self.scan.functions.push(function);
    }

    fn may_be_missing(&self, attributes: &[Attribute]) -> bool {
        self.is_conditional || is_conditional(attributes, self.features)
    }

    fn service(&mut self, service: &Microservice, is_conditional: bool, index: usize) {
        let Microservice {
            words, function, ..
        } = service;
        let function_at = self.code.place(function.name.span());
        let keys = |kind, keys: &[LitStr]| -> Vec<_> {
            keys.iter()
                .map(|key| (kind, key.value(), self.code.place(key.span())))
                .collect()
        };
        let mut declared_keys = keys(AccessKind::Read, &words.reads);
        declared_keys.extend(keys(AccessKind::Write, &words.writes));
        self.scan.services.push(DeclaredService {
            name: service.name(),
            function: function.name.unraw().to_string(),
            name_at: self.name_at(words.name.as_ref(), &function_at),
            function_at,
            sys_map: words.sys_map.as_ref().map(LitStr::value),
            replicas: words.replicas.map(NonZeroU32::get),
            timeout: words.timeout,
            retry: words.retry,
            deduplicates: words.deduplicate.is_some(),
            connection: function.takes(ArgumentKind::Connection)
                || function.takes(ArgumentKind::AsyncConnection),
            objects: function.takes(ArgumentKind::ReadFile)
                || function.takes(ArgumentKind::WriteFile),
            declared_keys,
            startup: words.startup.as_ref().and_then(last),
            is_conditional,
            index,
        });
    }

    fn handler(&mut self, handler: &Handler, is_conditional: bool, index: usize) {
        let Handler {
            words, function, ..
        } = handler;
        let function_at = self.code.place(function.name.span());
        self.scan.handlers.push(DeclaredHandler {
            name: handler.name(),
            kind: handler.kind,
            name_at: self.name_at(words.name.as_ref(), &function_at),
            function_at,
            replicas: words.replicas.map(NonZeroU32::get),
            queue: words.queue,
            timeout: words.timeout,
            is_conditional,
            index,
        });
    }

    /// Where an annotated function gets its name.
    fn name_at(&self, word: Option<&LitStr>, function_at: &Place) -> Place {
        word.map_or_else(|| function_at.clone(), |name| self.code.place(name.span()))
    }

    fn module(&mut self, module: &ItemMod) {
        let name = module.ident.unraw().to_string();
        let is_conditional = self.may_be_missing(&module.attrs);
        if let Some((_, items)) = &module.content {
            let around = std::mem::replace(&mut self.is_conditional, is_conditional);
            self.inside.push(name);
            self.items(items);
            self.inside.pop();
            self.is_conditional = around;
            return;
        }
        let paths: Vec<_> = attributes(&module.attrs)
            .iter()
            .filter_map(path_of)
            .collect();
        let paths = if paths.is_empty() {
            vec![None]
        } else {
            paths.into_iter().map(Some).collect()
        };
        for path in paths {
            self.scan.modules.push(ModuleFile {
                name: name.clone(),
                path,
                inside: self.inside.clone(),
                is_conditional,
                at: self.code.place(module.ident.span()),
            });
        }
    }

    /// What is made by calls.
    fn registrations(&mut self, code: TokenStream) {
        if !self.has_registrations {
            return;
        }
        for Registration { made, name, at } in registrations::find(code) {
            let name = match name {
                Name::Literal(name) => {
                    let at = self.code.place(name.span());
                    SeenRegistration::Named(name.value(), at)
                }
                Name::Constant(name) => {
                    SeenRegistration::Constant(name.to_string(), self.code.place(name.span()))
                }
                Name::Computed => {
                    let message = "the name of what this makes is no literal";
                    self.scan.unseen.push(self.code.remark(at, message));
                    continue;
                }
            };
            self.scan.registrations.push((made, name));
        }
    }

    fn mistakes(&mut self, mistakes: &Mistakes) {
        let remarks = mistakes
            .iter()
            .map(|mistake| self.code.remark(mistake.span(), mistake.to_string()));
        self.scan.mistakes.extend(remarks);
    }
}

fn words_of(meta: &Meta) -> TokenStream {
    match meta {
        Meta::List(list) => list.tokens.clone(),
        Meta::Path(_) | Meta::NameValue(_) => TokenStream::new(),
    }
}

/// The `..` of `#[path = ".."]`.
fn path_of(meta: &Meta) -> Option<String> {
    match meta {
        Meta::NameValue(pair) if pair.path.is_ident("path") => text(&pair.value),
        _ => None,
    }
}

fn last(path: &Path) -> Option<String> {
    Some(path.segments.last()?.ident.unraw().to_string())
}
