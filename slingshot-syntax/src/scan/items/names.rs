//! What other items refer to: imports, aliases and constants.

use std::collections::btree_map::Entry;

use syn::{Expr, ExprLit, Ident, ImplItem, Item, ItemMod, ItemUse, Lit, LitStr, UseTree};

use super::{DERIVE, Reader};
use crate::scan::{file::SeenCase, place::Place, returned_case::ReturnedCase};

impl Reader<'_, '_> {
    /// First what other items refer to: imports, aliases and constants, of inline modules too.
    pub(super) fn names(&mut self, items: &[Item]) {
        for item in items {
            match item {
                Item::Use(ItemUse { tree, .. }) => self.imports(tree),
                Item::Const(constant) => {
                    let value = string(&constant.expr);
                    self.constant(&constant.ident, value);
                }
                Item::Static(item) => self.constant(&item.ident, string(&item.expr)),
                Item::Impl(item) => {
                    for item in &item.items {
                        if let ImplItem::Const(constant) = item {
                            self.constant(&constant.ident, string(&constant.expr));
                        }
                    }
                }
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
                if let Some(annotation) = self.attributes.get(&name).copied() {
                    self.attributes.insert(here, annotation);
                } else if name == DERIVE {
                    self.derives.insert(here);
                } else {
                    self.scan.renames.insert(here, name);
                }
            }
            UseTree::Name(_) | UseTree::Glob(_) => {}
        }
    }

    /// Two of one name and different values are none.
    fn constant(&mut self, name: &Ident, value: Option<&LitStr>) {
        let value = value.map(|text| (text.value(), self.code.place(text.span())));
        let text =
            |constant: &Option<(String, Place)>| constant.as_ref().map(|(text, _)| text.clone());
        match self.scan.constants.entry(name.to_string()) {
            Entry::Vacant(free) => {
                free.insert(value);
            }
            Entry::Occupied(mut known) => {
                if text(known.get()) != text(&value) {
                    known.insert(None);
                }
            }
        }
    }
}

/// The text of a string literal, also behind `&` and in parentheses.
fn string(value: &Expr) -> Option<&LitStr> {
    match value {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) => Some(text),
        Expr::Paren(inner) => string(&inner.expr),
        Expr::Reference(inner) => string(&inner.expr),
        _ => None,
    }
}
