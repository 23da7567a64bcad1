//! `#[derive(Case)]`: an enum whose variants are the closed set of a service's cases.

use std::fmt;

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::{
    Attribute, Data, DeriveInput, Expr, ExprLit, ExprUnary, Fields, Generics, Ident, Lit, Meta,
    Path, Token, UnOp, Variant, ext::IdentExt, parse::ParseStream,
};

use crate::{Mistakes, names};

const EXAMPLE: &str = "`#[case(\"text\")]`, `#[case(1)]` or `#[case(true)]`";

/// A case as it stands in the source.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CaseLiteral {
    /// `true` or `false`.
    Bool(bool),
    /// An integer from `i64::MIN` to `u64::MAX`.
    Integer(i128),
    /// A string.
    Text(String),
}

impl CaseLiteral {
    fn kind(&self) -> &'static str {
        match self {
            Self::Bool(_) => "a boolean",
            Self::Integer(_) => "an integer",
            Self::Text(_) => "a string",
        }
    }
}

/// As it is written in Rust: `true`, `-3`, `"text"`.
impl fmt::Display for CaseLiteral {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => value.fmt(f),
            Self::Integer(value) => value.fmt(f),
            Self::Text(value) => write!(f, "{value:?}"),
        }
    }
}

/// One variant and its case.
#[derive(Clone, Debug)]
pub struct CaseVariant {
    /// The variant.
    pub ident: Ident,
    /// The case that it stands for.
    pub case: CaseLiteral,
    /// Where the case is said: the `#[case(..)]` value, else the variant's name.
    pub span: Span,
}

/// An enum with `#[derive(Case)]`.
#[derive(Clone, Debug)]
pub struct CaseEnum {
    /// The type's name.
    pub ident: Ident,
    /// Empty, unless it is one of the mistakes.
    pub generics: Generics,
    /// The variants that name a case, in the order of the source.
    pub variants: Vec<CaseVariant>,
    /// `#[case(crate = path)]` on the enum.
    pub facade: Option<Path>,
}

impl CaseEnum {
    /// Reads the item under `#[derive(Case)]`.
    ///
    /// # Errors
    ///
    /// The tokens are no struct, enum or union; the compiler has said so already.
    pub fn parse(item: TokenStream) -> Result<(Self, Mistakes), Mistakes> {
        match syn::parse2(item) {
            Ok(input) => Ok(Self::read(&input)),
            Err(error) => {
                let mut mistakes = Mistakes::default();
                mistakes.add_syntax(error);
                Err(mistakes)
            }
        }
    }

    /// Reads the item under `#[derive(Case)]`.
    pub fn read(input: &DeriveInput) -> (Self, Mistakes) {
        let mut mistakes = Mistakes::default();
        if !input.generics.params.is_empty() {
            mistakes.at(
                &input.generics.params,
                "cases are values known before the service runs: remove the generic parameters",
            );
        }
        let variants = match &input.data {
            Data::Enum(data) if data.variants.is_empty() => {
                mistakes.at(&input.ident, "an enum of cases needs at least one variant");
                Vec::new()
            }
            Data::Enum(data) => data
                .variants
                .iter()
                .filter_map(|variant| read_variant(variant, &mut mistakes))
                .collect(),
            Data::Struct(data) => {
                mistakes.at(data.struct_token, not_an_enum());
                Vec::new()
            }
            Data::Union(data) => {
                mistakes.at(data.union_token, not_an_enum());
                Vec::new()
            }
        };
        check_set(&variants, &mut mistakes);
        let read = Self {
            ident: input.ident.clone(),
            generics: input.generics.clone(),
            variants,
            facade: read_facade(&input.attrs, &mut mistakes),
        };
        (read, mistakes)
    }
}

fn not_an_enum() -> &'static str {
    "`#[derive(Case)]` is for an enum without fields, one variant per case"
}

fn read_facade(attributes: &[Attribute], mistakes: &mut Mistakes) -> Option<Path> {
    let attribute = attributes.iter().find(|a| a.path().is_ident("case"))?;
    let path = |input: ParseStream<'_>| {
        input.parse::<Token![crate]>()?;
        input.parse::<Token![=]>()?;
        input.call(Path::parse_mod_style)
    };
    attribute
        .parse_args_with(path)
        .map_err(|_| {
            mistakes.at(
                &attribute.meta,
                format!("expected `#[case(crate = path)]` here; {EXAMPLE} belongs on a variant"),
            );
        })
        .ok()
}

fn read_variant(variant: &Variant, mistakes: &mut Mistakes) -> Option<CaseVariant> {
    if !matches!(variant.fields, Fields::Unit) {
        mistakes.at(
            &variant.fields,
            format!(
                "a case is one value: remove the fields of `{}`, or give it a variant per value",
                variant.ident
            ),
        );
        return None;
    }
    let mut attributes = variant.attrs.iter().filter(|a| a.path().is_ident("case"));
    let Some(attribute) = attributes.next() else {
        return Some(CaseVariant {
            ident: variant.ident.clone(),
            case: CaseLiteral::Text(names::kebab_case(&variant.ident.unraw().to_string())),
            span: variant.ident.span(),
        });
    };
    for second in attributes {
        mistakes.at(
            &second.meta,
            format!("`{}` has a case already; keep one", variant.ident),
        );
    }
    let (case, span) = read_case(attribute, mistakes)?;
    Some(CaseVariant {
        ident: variant.ident.clone(),
        case,
        span,
    })
}

fn read_case(attribute: &Attribute, mistakes: &mut Mistakes) -> Option<(CaseLiteral, Span)> {
    let value = match &attribute.meta {
        Meta::List(list) if !list.tokens.is_empty() => list.parse_args::<Expr>().ok(),
        _ => None,
    };
    let Some(value) = value else {
        mistakes.at(&attribute.meta, format!("expected one value: {EXAMPLE}"));
        return None;
    };
    match literal(&value) {
        Some(Ok(case)) => Some((case, syn::spanned::Spanned::span(&value))),
        Some(Err(message)) => {
            mistakes.at(&value, message);
            None
        }
        None => {
            mistakes.at(
                &value,
                format!("a case is a string, an integer or a boolean: {EXAMPLE}"),
            );
            None
        }
    }
}

fn literal(value: &Expr) -> Option<Result<CaseLiteral, &'static str>> {
    match value {
        Expr::Lit(ExprLit { lit, .. }) => match lit {
            Lit::Str(text) if text.value().is_empty() => Some(Err("a case needs a text")),
            Lit::Str(text) => Some(Ok(CaseLiteral::Text(text.value()))),
            Lit::Bool(value) => Some(Ok(CaseLiteral::Bool(value.value))),
            Lit::Int(number) => Some(integer(number.base10_parse::<i128>().ok())),
            _ => None,
        },
        Expr::Unary(ExprUnary {
            op: UnOp::Neg(_),
            expr,
            ..
        }) => match &**expr {
            Expr::Lit(ExprLit {
                lit: Lit::Int(number),
                ..
            }) => Some(integer(number.base10_parse::<i128>().ok().map(|n| -n))),
            _ => None,
        },
        _ => None,
    }
}

fn integer(number: Option<i128>) -> Result<CaseLiteral, &'static str> {
    number
        .filter(|number| i64::try_from(*number).is_ok() || u64::try_from(*number).is_ok())
        .map(CaseLiteral::Integer)
        .ok_or("a case's integer must lie between `i64::MIN` and `u64::MAX`")
}

/// One kind of case per enum, and no case twice.
fn check_set(variants: &[CaseVariant], mistakes: &mut Mistakes) {
    let Some(first) = variants.first() else {
        return;
    };
    for (index, variant) in variants.iter().enumerate() {
        let CaseVariant { ident, case, span } = variant;
        if case.kind() != first.case.kind() {
            mistakes.add(
                *span,
                format!(
                    "`{ident}` is {} (`{case}`) but `{}` is {} (`{}`): give every variant \
                     `#[case(..)]` of one kind",
                    case.kind(),
                    first.ident,
                    first.case.kind(),
                    first.case
                ),
            );
        } else if let Some(earlier) = variants[..index].iter().find(|v| v.case == *case) {
            mistakes.add(
                *span,
                format!(
                    "the case `{case}` is taken by `{}`; give `{ident}` its own with `#[case(..)]`",
                    earlier.ident
                ),
            );
        }
    }
}

impl ToTokens for CaseLiteral {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Self::Bool(value) => value.to_tokens(tokens),
            Self::Integer(value) => proc_macro2::Literal::i128_unsuffixed(*value).to_tokens(tokens),
            Self::Text(value) => value.to_tokens(tokens),
        }
    }
}
