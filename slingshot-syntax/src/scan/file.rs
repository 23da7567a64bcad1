//! One file's scan.

use std::{collections::BTreeMap, time::Duration};

use proc_macro2::{LexError, TokenStream};
use slingshot_settings::Retry;
use syn::{Ident, LitStr};

use super::{
    accesses::{Access, AccessKind, Accesses, Accessor},
    cfg::{Features, is_off},
    depth, items,
    place::{Code, Place, Remark},
    registrations::Made,
    returned_case::{OpenCase, ReturnedCase},
};
use crate::{CaseLiteral, HandlerKind};

/// What one file says.
#[derive(Clone, Debug, Default)]
pub struct FileScan {
    /// The services, in the order of the source.
    pub services: Vec<DeclaredService>,
    /// The functions that answer requests, in the order of the source.
    pub handlers: Vec<DeclaredHandler>,
    /// The enums with `#[derive(Case)]`.
    pub enums: Vec<ScannedEnum>,
    /// The files that belong to this one's modules.
    pub modules: Vec<ModuleFile>,
    /// What the macros would refuse, and what is no Rust.
    pub mistakes: Vec<Remark>,
    /// What could not be seen.
    pub unseen: Vec<Remark>,
    /// Why nothing of the file has been looked at, if nothing has.
    pub left_out: Option<Remark>,
    /// Every function, for `startup`, return types and helpers.
    pub(super) functions: Vec<ScannedFunction>,
    /// `type Name = ..;`
    pub(super) aliases: BTreeMap<String, SeenCase>,
    /// `const NAME: &str = "..";`, with its text where that is one.
    pub(super) constants: BTreeMap<String, Option<(String, Place)>>,
    /// What calls make.
    pub(super) registrations: Vec<(Made, SeenRegistration)>,
    /// `use path::Name as Other;`, from the other name to the name.
    pub(super) renames: BTreeMap<String, String>,
}

/// A function with `#[microservice]`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a word of the attribute or of the signature"
)]
pub struct DeclaredService {
    /// The service's name.
    pub name: String,
    /// The function's name.
    pub function: String,
    /// The name, where the attribute says it; else the function's.
    pub name_at: Place,
    /// The function's name in its signature.
    pub function_at: Place,
    /// The attribute's host.
    pub sys_map: Option<String>,
    /// The attribute's replicas.
    pub replicas: Option<u32>,
    /// The attribute's timeout.
    pub timeout: Option<Duration>,
    /// The attribute's retries.
    pub retry: Option<Retry>,
    /// Whether the attribute asks for deduplication.
    pub deduplicates: bool,
    /// Whether it takes a connection to the database.
    pub connection: bool,
    /// Whether it takes `&ReadFileFn` or `&WriteFileFn`.
    pub objects: bool,
    /// The keys of `reads(..)` and `writes(..)`.
    pub declared_keys: Vec<(AccessKind, String, Place)>,
    /// The last name of the `startup` path.
    pub startup: Option<String>,
    /// Whether `cfg` decides if it is there.
    pub is_conditional: bool,
    /// Which of the file's functions it is.
    pub(super) index: usize,
}

/// A function with `#[handler]`, `#[upload]`, `#[download]` or `#[metadata]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredHandler {
    /// The handler's name.
    pub name: String,
    /// Which of the attributes it has.
    pub kind: HandlerKind,
    /// The name, where the attribute says it; else the function's.
    pub name_at: Place,
    /// The function's name in its signature.
    pub function_at: Place,
    /// The attribute's replicas.
    pub replicas: Option<u32>,
    /// The attribute's queue.
    pub queue: Option<u32>,
    /// The attribute's timeout.
    pub timeout: Option<Duration>,
    /// Whether `cfg` decides if it is there.
    pub is_conditional: bool,
    /// Which of the file's functions it is.
    pub(super) index: usize,
}

/// An enum with `#[derive(Case)]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScannedEnum {
    /// The type's name.
    pub name: String,
    /// The type's name in the source.
    pub at: Place,
    /// The cases.
    pub cases: Vec<ScannedVariant>,
    /// Whether `cfg` decides if it is there.
    pub(super) is_conditional: bool,
}

/// A case and the variant that says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScannedVariant {
    /// The value.
    pub case: CaseLiteral,
    /// Where the variant says it.
    pub at: Place,
    /// Whether a build may be without it.
    pub is_conditional: bool,
}

/// `mod name;`: a module in a file of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModuleFile {
    /// The module's name.
    pub name: String,
    /// `#[path = ".."]`.
    pub path: Option<String>,
    /// The inline modules around it, from the outermost.
    pub inside: Vec<String>,
    /// Whether `cfg` decides if it is there.
    pub is_conditional: bool,
    /// The declaration.
    pub at: Place,
}

/// A function with what `resolve` needs of it.
#[derive(Clone, Debug)]
pub(super) struct ScannedFunction {
    pub(super) name: String,
    /// Which arguments are followed.
    pub(super) arguments: Vec<Option<Accessor>>,
    pub(super) returns: SeenCase,
    /// The names that it calls them with.
    pub(super) names: Vec<SeenName>,
    /// The constants that it calls them with, by their names.
    pub(super) constants: Vec<SeenName>,
    pub(super) passes: Vec<SeenPass>,
    pub(super) unseen: Vec<(Accessor, Remark)>,
}

/// The name of what a call makes.
#[derive(Clone, Debug)]
pub(super) enum SeenRegistration {
    Named(String, Place),
    Constant(String, Place),
}

/// `read_file("key", id)`, or a constant in the key's place.
#[derive(Clone, Debug)]
pub(super) struct SeenName {
    pub(super) kind: AccessKind,
    pub(super) name: String,
    pub(super) at: Place,
    /// Whether the id is the function's own argument.
    pub(super) is_of_argument: bool,
}

/// `helper(read_file, id)`.
#[derive(Clone, Debug)]
pub(super) struct SeenPass {
    pub(super) function: String,
    pub(super) accessor: Accessor,
    pub(super) position: usize,
    pub(super) at: Place,
}

/// A return type's case, without the parser's spans.
#[derive(Clone, Debug)]
pub(super) enum SeenCase {
    Nothing,
    Bool,
    Open(OpenCase, Place),
    Named(String, Place),
    Whole(String, Place),
    Unknown(Place),
}

/// Scans one file's text, of a package with these default features.
///
/// A file that is no Rust gives one mistake and nothing else, and one that is nested too deeply a remark.
pub fn scan_file(text: &str, features: &Features) -> FileScan {
    let code = Code::of_file(text);
    let mut scan = FileScan::default();
    match parse(&code) {
        Ok(file) if is_off(&file.attrs) => {}
        Ok(file) => items::read(&file, features, &code, &mut scan),
        Err(Unparsed::Mistake(mistake)) => scan.mistakes.push(mistake),
        Err(Unparsed::TooDeep(remark)) => scan.left_out = Some(remark),
    }
    // The parser keeps each text for its spans as long as the thread lives, and `--watch` reads the
    // same files again and again. No span outlives this function.
    proc_macro2::extra::invalidate_current_thread_spans();
    scan
}

/// Why there is nothing to scan.
enum Unparsed {
    Mistake(Remark),
    TooDeep(Remark),
}

fn parse(code: &Code<'_>) -> Result<syn::File, Unparsed> {
    let tokens: TokenStream = code.text.parse().map_err(|error: LexError| {
        let message = "this file cannot be parsed: a bracket, a string or a comment has no end or no \
                       beginning, or something here is no Rust";
        Unparsed::Mistake(code.remark(error.span(), message))
    })?;
    if let Some(at) = depth::exceeded(&tokens) {
        let message = "this file is nested too deeply to be parsed";
        return Err(Unparsed::TooDeep(code.remark(at, message)));
    }
    syn::parse2(tokens).map_err(|error| {
        let message = format!("this file cannot be parsed: {error}");
        Unparsed::Mistake(code.remark(error.span(), message))
    })
}

impl FileScan {
    /// What it says is there only under a condition: that of the module that it is.
    pub fn make_conditional(&mut self) {
        for service in &mut self.services {
            service.is_conditional = true;
        }
        for handler in &mut self.handlers {
            handler.is_conditional = true;
        }
        for item in &mut self.enums {
            item.is_conditional = true;
            for variant in &mut item.cases {
                variant.is_conditional = true;
            }
        }
        for module in &mut self.modules {
            module.is_conditional = true;
        }
    }
}

impl SeenCase {
    pub(super) fn of(case: ReturnedCase, code: &Code<'_>) -> Self {
        match case {
            ReturnedCase::Nothing => Self::Nothing,
            ReturnedCase::Bool => Self::Bool,
            ReturnedCase::Open(kind, span) => Self::Open(kind, code.place(span)),
            ReturnedCase::Named(name, span) => Self::Named(name, code.place(span)),
            ReturnedCase::Whole(name, span) => Self::Whole(name, code.place(span)),
            ReturnedCase::Unknown(span) => Self::Unknown(code.place(span)),
        }
    }
}

impl ScannedFunction {
    pub(super) fn new(function: &crate::Function, accesses: Accesses, code: &Code<'_>) -> Self {
        let unseen: Vec<(Accessor, Remark)> = accesses
            .unseen
            .into_iter()
            .map(|(accessor, span, message)| (accessor, code.remark(span, message)))
            .collect();
        let seen = |access: Access<LitStr>| SeenName {
            kind: access.kind,
            name: access.name.value(),
            at: code.place(access.name.span()),
            is_of_argument: access.is_of_argument,
        };
        let constant = |access: Access<Ident>| SeenName {
            kind: access.kind,
            name: access.name.to_string(),
            at: code.place(access.name.span()),
            is_of_argument: access.is_of_argument,
        };
        Self {
            name: function.name.to_string(),
            arguments: function.arguments.iter().map(Accessor::of).collect(),
            returns: SeenCase::of(ReturnedCase::read(&function.output), code),
            names: accesses.names.into_iter().map(seen).collect(),
            constants: accesses.constants.into_iter().map(constant).collect(),
            passes: accesses
                .passes
                .into_iter()
                .map(|pass| SeenPass {
                    at: code.place(pass.function.span()),
                    function: pass.function.to_string(),
                    accessor: pass.accessor,
                    position: pass.position,
                })
                .collect(),
            unseen,
        }
    }
}
