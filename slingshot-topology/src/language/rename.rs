//! A new name for a queue, a service or a bucket key, everywhere it is written.
//!
//! Nothing is changed by halves: a name that is not written out where it is used, and a new text that would
//! be read as another system, are refused with the reason.

use std::{ops::Range, sync::Arc};

use thiserror::Error;

use super::{
    index::{Index, Mention, Role},
    symbol::Symbol,
};
use crate::{
    check::{Inputs, check},
    code::Code,
    diagnostic::{Diagnostic, Edit, Subject},
    rule::{Family, Persona, Severity},
    source::{SourceFile, Span},
    system::System,
};

/// Why a name cannot be changed.
#[derive(Debug, Error)]
pub enum RenameError {
    /// Neither a queue, nor a service, nor a bucket key.
    #[error("a {0} cannot be renamed from here")]
    NotRenamable(&'static str),
    /// The name that it has already.
    #[error("`{0}` is its name already")]
    Same(String),
    /// The new name means something else.
    #[error("there is a {kind} `{name}` already")]
    Taken {
        /// What has the name.
        kind: &'static str,
        /// The name.
        name: String,
    },
    /// The rules, or the languages that it is to be written in, have something against the name.
    #[error("{0}")]
    Refused(String),
    /// The name of a function is the name of its service.
    #[error(
        "{at} names the service by its function: write `name = \"{name}\"` into the annotation first"
    )]
    Implicit {
        /// Where the function is named.
        at: Span,
        /// The name that the service has now.
        name: String,
    },
    /// A constant, or a text with escapes.
    #[error("{at} does not spell `{name}` out")]
    NotWritten {
        /// Where.
        at: Span,
        /// The name.
        name: String,
    },
    /// A helper function of several services.
    #[error("{at} speaks of the key for the service `{service}` too")]
    Shared {
        /// Where.
        at: Span,
        /// The other service.
        service: String,
    },
    /// The edits would not do what they should.
    #[error("the map names `{0}` in places that cannot be told apart from others")]
    Unclear(String),
}

/// Whether a mention's name can be changed, and its bytes without the quotes.
///
/// # Errors
///
/// [`RenameError`] if it cannot.
pub fn renamable(mention: &Mention) -> Result<Range<usize>, RenameError> {
    match &mention.symbol {
        Symbol::Queue(_) | Symbol::Service(_) | Symbol::Key { .. } => {
            let written = Written::of(mention)?;
            Ok(written.inside)
        }
        other => Err(RenameError::NotRenamable(other.kind())),
    }
}

/// The edits that give a symbol a new name in the map and in the code. `read` reads a text as the map was read.
///
/// # Errors
///
/// [`RenameError`] if the name is refused, or not everything that says the old one can be changed.
pub fn rename(
    index: &Index,
    map: &Arc<SourceFile>,
    symbol: &Symbol,
    name: &str,
    read: impl Fn(&Arc<SourceFile>) -> (System, Vec<Diagnostic>),
) -> Result<Vec<Edit>, RenameError> {
    let (old, renamed) = renamed(symbol, name)?;
    if name == old {
        return Err(RenameError::Same(old));
    }
    if let Some(character) = name
        .chars()
        .find(|it| it.is_control() || "\"\\`".contains(*it))
    {
        let character = character.escape_debug();
        let message = format!("a name that is written in TOML, JSON and Rust has no `{character}`");
        return Err(RenameError::Refused(message));
    }
    if index
        .places(&renamed)
        .any(|mention| mention.role != Role::Used)
        || matches!(renamed, Symbol::Queue(_)) && index.count(&renamed) > 0
    {
        return Err(RenameError::Taken {
            kind: symbol.kind(),
            name: name.to_owned(),
        });
    }
    let mut edits = Vec::new();
    for mention in index.places(symbol) {
        if !is_ambiguous(index, mention)? {
            edits.push(Written::of(mention)?.edit(&mention.span, name));
        }
    }
    if let Symbol::Service(service) = symbol {
        edits.extend(headers(map, service).map(|span| Edit::new(&span, bare_or_quoted(name))));
        edits.sort_by(|one, other| one.span.order().cmp(&other.span.order()));
        edits.dedup_by(|one, other| one.span == other.span);
    }
    prove(index, map, (symbol, &renamed), name, &edits, read)?;
    Ok(edits)
}

fn renamed(symbol: &Symbol, name: &str) -> Result<(String, Symbol), RenameError> {
    let name = name.to_owned();
    match symbol {
        Symbol::Queue(old) => Ok((old.clone(), Symbol::Queue(name))),
        Symbol::Service(old) => Ok((old.clone(), Symbol::Service(name))),
        Symbol::Key { service, key } => {
            let service = service.clone();
            Ok((key.clone(), Symbol::Key { service, key: name }))
        }
        other => Err(RenameError::NotRenamable(other.kind())),
    }
}

/// Whether a place speaks of something else too: the subject of an `[[ignore]]` does, where a queue has a
/// service's name, and stays as it is.
fn is_ambiguous(index: &Index, mention: &Mention) -> Result<bool, RenameError> {
    let span = &mention.span;
    for other in index.at(&span.file.path, span.start) {
        if other.span != *span || other.symbol == mention.symbol {
            continue;
        }
        if let Symbol::Key { service, .. } = &other.symbol {
            return Err(RenameError::Shared {
                at: span.clone(),
                service: service.clone(),
            });
        }
        return Ok(true);
    }
    Ok(false)
}

/// A name as it is written.
struct Written {
    inside: Range<usize>,
    is_bare: bool,
}

impl Written {
    fn of(mention: &Mention) -> Result<Self, RenameError> {
        let (span, name) = (&mention.span, mention.symbol.name());
        let text = span.text();
        let quoted = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
        if quoted('"').or_else(|| quoted('\'')) == Some(&name) {
            return Ok(Self {
                inside: span.start + 1..span.end - 1,
                is_bare: false,
            });
        }
        let at = span.clone();
        if text == name && mention.role != Role::Implemented {
            return Ok(Self {
                inside: span.start..span.end,
                is_bare: true,
            });
        }
        let is_word = text
            .chars()
            .all(|it| it.is_alphanumeric() || it == '_' || it == '#');
        if mention.role == Role::Implemented && is_word {
            return Err(RenameError::Implicit { at, name });
        }
        Err(RenameError::NotWritten { at, name })
    }

    /// A bare key may have to be quoted; a quoted one stays so, with the quotes that all our languages know.
    fn edit(&self, span: &Span, name: &str) -> Edit {
        if self.is_bare {
            Edit::new(span, bare_or_quoted(name))
        } else {
            Edit::new(span, format!("\"{name}\""))
        }
    }
}

fn bare_or_quoted(name: &str) -> String {
    let is_bare = |it: char| it.is_ascii_alphanumeric() || it == '-' || it == '_';
    if !name.is_empty() && name.chars().all(is_bare) {
        name.to_owned()
    } else {
        format!("\"{name}\"")
    }
}

/// Where the headers of tables within a service name it: `[services.NAME.buckets]`. The reader knows the
/// place of the first alone.
fn headers<'m>(map: &'m Arc<SourceFile>, service: &'m str) -> impl Iterator<Item = Span> + 'm {
    let mut start = 0;
    let lines = map.text.split_inclusive('\n').map(move |line| {
        start += line.len();
        (start - line.len(), line)
    });
    lines.filter_map(move |(start, line)| {
        let behind = line.trim_start().strip_prefix('[')?;
        let behind = behind.strip_prefix('[').unwrap_or(behind).trim_start();
        let behind = behind.strip_prefix("services")?.trim_start();
        let behind = behind.strip_prefix('.')?.trim_start();
        let names = [
            service.to_owned(),
            format!("\"{service}\""),
            format!("'{service}'"),
        ];
        let written = names.iter().find(|name| behind.starts_with(&***name))?;
        let rest = behind.get(written.len()..)?.trim_start();
        let at = start + line.len() - behind.len();
        let is_whole = rest.starts_with(['.', ']']);
        is_whole.then(|| map.span(at..at + written.len()))
    })
}

/// Reads the map with the edits in it: it must say the same of the new name as it said of the old one, and
/// the rules must have nothing against it.
fn prove(
    index: &Index,
    map: &Arc<SourceFile>,
    (old, new): (&Symbol, &Symbol),
    name: &str,
    edits: &[Edit],
    read: impl Fn(&Arc<SourceFile>) -> (System, Vec<Diagnostic>),
) -> Result<(), RenameError> {
    let mut text = map.text.clone();
    let in_map = edits.iter().rev();
    for edit in in_map.filter(|edit| edit.span.file.path == map.path) {
        text.replace_range(edit.span.start..edit.span.end, &edit.text);
    }
    let file = SourceFile::new(map.path.clone(), text);
    let (system, found) = read(&file);
    let after = Index::of(&system, &Code::default());
    let in_map = |index: &Index, symbol: &Symbol| {
        let places = index.places(symbol);
        let places = places.filter(|mention| mention.span.file.path == map.path);
        places
            .filter(|mention| !matches!(is_ambiguous(index, mention), Ok(true)))
            .count()
    };
    let checked = check(&Inputs::of(&system));
    let mut findings = found.iter().chain(&checked);
    let against = findings.find(|found| {
        let is_about_names = matches!(found.rule.family, Family::Names | Family::Buckets);
        let is_bad = found.severity > Severity::Info && found.rule.persona == Persona::Regular;
        is_about_names && is_bad && Subject::of(found).is(name)
    });
    if let Some(found) = against {
        let message = format!("{}: {}", found.rule.name, found.message);
        return Err(RenameError::Refused(message));
    }
    let (before, found_before) = read(map);
    let says_the_same = in_map(&after, old) == 0
        && in_map(&after, new) == in_map(index, old)
        && system.services.len() == before.services.len()
        && found.len() == found_before.len();
    if says_the_same {
        Ok(())
    } else {
        Err(RenameError::Unclear(old.name()))
    }
}
