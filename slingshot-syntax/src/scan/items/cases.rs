//! Case enums, and what derives `Case` and is none.

use std::collections::BTreeSet;

use quote::ToTokens;
use syn::{Attribute, DeriveInput, ItemEnum, Path, Token, Variant, punctuated::Punctuated};

use super::{Reader, last};
use crate::{
    CaseEnum,
    scan::{
        cfg::{attributes, decided, is_conditional, is_off},
        file::{ScannedEnum, ScannedVariant},
    },
};

impl Reader<'_, '_> {
    pub(super) fn enumeration(&mut self, item: &ItemEnum) {
        if !self.derives_case(&item.attrs) {
            return;
        }
        let is_conditional = self.may_be_missing(&item.attrs);
        let mut item = item.clone();
        let variants = item.variants.into_iter();
        item.variants = variants.filter(|variant| !is_off(&variant.attrs)).collect();
        let mut perhaps = BTreeSet::new();
        for variant in &mut item.variants {
            if is_conditional || self.is_undecided(variant) {
                perhaps.insert(variant.ident.to_string());
            }
        }
        let (cases, mistakes) = CaseEnum::read(&DeriveInput::from(item));
        self.mistakes(&mistakes);
        let scanned = cases.variants.into_iter().map(|variant| ScannedVariant {
            is_conditional: perhaps.contains(&variant.ident.to_string()),
            at: self.code.place(variant.span),
            case: variant.case,
        });
        self.scan.enums.push(ScannedEnum {
            name: cases.ident.to_string(),
            at: self.code.place(cases.ident.span()),
            cases: scanned.collect(),
            is_conditional,
        });
    }

    /// Whether a build may be without a variant, or with another case for it. Its attributes become those of a
    /// build with the default features.
    fn is_undecided(&self, variant: &mut Variant) -> bool {
        let mut is_undecided = false;
        let mut attributes = Vec::new();
        for attribute in std::mem::take(&mut variant.attrs) {
            is_undecided |= attribute.path().is_ident("cfg")
                && is_conditional(std::slice::from_ref(&attribute), self.features);
            match decided(&attribute, self.features) {
                Some(decided) => attributes.extend(decided),
                None => {
                    let metas = super::attributes(std::slice::from_ref(&attribute));
                    is_undecided |= metas.iter().any(|meta| meta.path().is_ident("case"));
                }
            }
        }
        variant.attrs = attributes;
        is_undecided
    }

    /// A struct or a union: no cases, but a mistake if it derives them.
    pub(super) fn refused(&mut self, attributes: &[Attribute], item: &impl ToTokens) {
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
}
