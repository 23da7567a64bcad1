//! The items of a file: annotated functions, case enums, modules, aliases.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{
    Attribute, DeriveInput, Expr, ExprLit, Item, ItemConst, ItemEnum, ItemFn, ItemMod, ItemUse,
    Lit, LitStr, Meta, Path, Token, UseTree, ext::IdentExt, punctuated::Punctuated,
};

use super::{
    accesses::{AccessKind, Accesses},
    file::{DeclaredService, FileScan, ModuleFile, ScannedEnum, ScannedFunction, SeenCase},
    place::Code,
    returned_case::ReturnedCase,
};
use crate::{ArgumentKind, CaseEnum, Function, Microservice, Mistakes};

const ATTRIBUTE: &str = "microservice";
const DERIVE: &str = "Case";

pub(super) fn read(items: &[Item], code: &Code<'_>, scan: &mut FileScan) {
    let mut reader = Reader {
        code,
        scan,
        attributes: BTreeSet::from([ATTRIBUTE.to_owned()]),
        derives: BTreeSet::from([DERIVE.to_owned()]),
        constants: BTreeMap::new(),
        inside: Vec::new(),
    };
    reader.names(items);
    reader.items(items);
}

struct Reader<'a, 'code> {
    code: &'a Code<'code>,
    scan: &'a mut FileScan,
    /// The names that `#[microservice]` has here.
    attributes: BTreeSet<String>,
    /// The names that `#[derive(Case)]` has here.
    derives: BTreeSet<String>,
    /// `const NAME: &str = "..";`
    constants: BTreeMap<String, LitStr>,
    /// The inline modules around the items being read.
    inside: Vec<String>,
}

impl Reader<'_, '_> {
    /// First what other items refer to: imports, aliases and constants, of inline modules too.
    fn names(&mut self, items: &[Item]) {
        for item in items {
            match item {
                Item::Use(ItemUse { tree, .. }) => self.imports(tree),
                Item::Const(constant) => self.constant(constant),
                Item::Type(alias) => {
                    let case = SeenCase::of(ReturnedCase::of_alias(&alias.ty), self.code);
                    self.scan.aliases.insert(alias.ident.to_string(), case);
                }
                Item::Mod(ItemMod {
                    content: Some((_, items)),
                    ..
                }) => self.names(items),
                _ => {}
            }
        }
    }

    fn imports(&mut self, tree: &UseTree) {
        match tree {
            UseTree::Path(path) => self.imports(&path.tree),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.imports(tree)),
            UseTree::Rename(renamed) => {
                let (name, here) = (renamed.ident.to_string(), renamed.rename.to_string());
                match name.as_str() {
                    ATTRIBUTE => drop(self.attributes.insert(here)),
                    DERIVE => drop(self.derives.insert(here)),
                    _ => drop(self.scan.renames.insert(here, name)),
                }
            }
            UseTree::Name(_) | UseTree::Glob(_) => {}
        }
    }

    fn constant(&mut self, constant: &ItemConst) {
        if let Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) = &*constant.expr
        {
            self.constants
                .insert(constant.ident.to_string(), text.clone());
        }
    }

    fn items(&mut self, items: &[Item]) {
        for item in items {
            match item {
                Item::Fn(function) if !is_test(&function.attrs) => self.function(function),
                Item::Enum(item) if !is_test(&item.attrs) => self.enumeration(item),
                Item::Struct(item) => self.refused(&item.attrs, item),
                Item::Union(item) => self.refused(&item.attrs, item),
                Item::Mod(module) if !is_test(&module.attrs) => self.module(module),
                Item::Macro(item) => self.macro_call(&item.mac),
                _ => {}
            }
        }
    }

    fn function(&mut self, item: &ItemFn) {
        let words = attributes(&item.attrs)
            .into_iter()
            .find(|meta| last(meta.path()).is_some_and(|name| self.attributes.contains(&name)));
        let index = self.scan.functions.len();
        let function = match words {
            Some(meta) => {
                let (service, mistakes) = Microservice::read(words_of(&meta), &item.sig);
                self.mistakes(&mistakes);
                self.service(&service, index);
                service.function
            }
            // A function that is no service may take what it likes.
            None => Function::of_any(&item.sig),
        };
        let accesses = Accesses::of(&function.arguments, item.block.to_token_stream());
        let function = ScannedFunction::new(&function, accesses, &self.constants, self.code);
        self.scan.functions.push(function);
    }

    fn service(&mut self, service: &Microservice, index: usize) {
        let Microservice { words, function } = service;
        let function_at = self.code.place(function.name.span());
        let takes = |kind| {
            function
                .arguments
                .iter()
                .any(|argument| argument.kind == Some(kind))
        };
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
            name_at: words
                .name
                .as_ref()
                .map_or_else(|| function_at.clone(), |name| self.code.place(name.span())),
            function_at,
            sys_map: words.sys_map.as_ref().map(LitStr::value),
            replicas: words.replicas.map(std::num::NonZeroU32::get),
            timeout: words.timeout,
            retry: words.retry,
            deduplicates: words.deduplicate.is_some(),
            database: takes(ArgumentKind::Connection)
                || takes(ArgumentKind::AsyncConnection)
                || words.deduplicate.is_some(),
            objects: takes(ArgumentKind::ReadFile) || takes(ArgumentKind::WriteFile),
            declared_keys,
            startup: words.startup.as_ref().and_then(last),
            index,
        });
    }

    fn enumeration(&mut self, item: &ItemEnum) {
        if self.derives_case(&item.attrs) {
            let (cases, mistakes) = CaseEnum::read(&DeriveInput::from(item.clone()));
            self.mistakes(&mistakes);
            self.scan.enums.push(ScannedEnum {
                name: cases.ident.to_string(),
                at: self.code.place(cases.ident.span()),
                cases: cases
                    .variants
                    .into_iter()
                    .map(|variant| (variant.case, self.code.place(variant.span)))
                    .collect(),
            });
        }
    }

    /// A struct or a union: no cases, but a mistake if it derives them.
    fn refused(&mut self, attributes: &[Attribute], item: &impl ToTokens) {
        if self.derives_case(attributes) {
            let (Ok((_, mistakes)) | Err(mistakes)) = CaseEnum::parse(item.to_token_stream());
            self.mistakes(&mistakes);
        }
    }

    fn derives_case(&self, item: &[Attribute]) -> bool {
        attributes(item)
            .iter()
            .filter(|meta| meta.path().is_ident("derive"))
            .filter_map(|meta| meta.require_list().ok())
            .filter_map(|list| {
                list.parse_args_with(Punctuated::<Path, Token![,]>::parse_terminated)
                    .ok()
            })
            .flatten()
            .any(|path| last(&path).is_some_and(|name| self.derives.contains(&name)))
    }

    fn module(&mut self, module: &ItemMod) {
        let name = module.ident.unraw().to_string();
        if let Some((_, items)) = &module.content {
            self.inside.push(name);
            self.items(items);
            self.inside.pop();
            return;
        }
        self.scan.modules.push(ModuleFile {
            name,
            path: module.attrs.iter().find_map(path_attribute),
            inside: self.inside.clone(),
            at: self.code.place(module.ident.span()),
        });
    }

    /// What a macro makes is not seen: said where it could be a service or a file of them.
    fn macro_call(&mut self, call: &syn::Macro) {
        let name = last(&call.path).unwrap_or_default();
        let message = if name == "include" {
            "the file that this includes is not scanned"
        } else if mentions(call.tokens.clone(), &self.attributes) {
            "services made by a macro are not seen"
        } else {
            return;
        };
        let span = syn::spanned::Spanned::span(&call.path);
        self.scan.unseen.push(self.code.remark(span, message));
    }

    fn mistakes(&mut self, mistakes: &Mistakes) {
        let remarks = mistakes
            .iter()
            .map(|mistake| self.code.remark(mistake.span(), mistake.to_string()));
        self.scan.mistakes.extend(remarks);
    }
}

/// The attributes, with what `#[cfg_attr(.., ..)]` would add: `cfg` is not evaluated.
fn attributes(attributes: &[Attribute]) -> Vec<Meta> {
    attributes
        .iter()
        .flat_map(|attribute| match &attribute.meta {
            Meta::List(list) if list.path.is_ident("cfg_attr") => list
                .parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)
                .map(|metas| metas.into_iter().skip(1).collect())
                .unwrap_or_default(),
            meta => vec![meta.clone()],
        })
        .collect()
}

fn words_of(meta: &Meta) -> TokenStream {
    match meta {
        Meta::List(list) => list.tokens.clone(),
        Meta::Path(_) | Meta::NameValue(_) => TokenStream::new(),
    }
}

/// `#[cfg(test)]`: in no service's binary.
fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute
                .parse_args::<Path>()
                .is_ok_and(|path| path.is_ident("test"))
    })
}

fn path_attribute(attribute: &Attribute) -> Option<String> {
    match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("path") => match &pair.value {
            Expr::Lit(ExprLit {
                lit: Lit::Str(path),
                ..
            }) => Some(path.value()),
            _ => None,
        },
        _ => None,
    }
}

fn last(path: &Path) -> Option<String> {
    Some(path.segments.last()?.ident.unraw().to_string())
}

fn mentions(tokens: TokenStream, names: &BTreeSet<String>) -> bool {
    tokens.into_iter().any(|token| match token {
        proc_macro2::TokenTree::Ident(name) => names.contains(&name.to_string()),
        proc_macro2::TokenTree::Group(group) => mentions(group.stream(), names),
        _ => false,
    })
}
