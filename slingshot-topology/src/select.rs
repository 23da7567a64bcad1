//! Which services are meant: dbt's selection grammar over the services of a system.
//!
//! | expression | meaning |
//! |---|---|
//! | `words`, `w*`, `?ords` | services by name |
//! | `tag:x`, `queue:x`, `bucket:x` | those that bear a tag, read or feed a queue, use a bucket |
//! | `component:x` | all that routes connect with `x`, in whichever direction |
//! | `+x`, `2+x` | and what feeds it, all the way or two steps |
//! | `x+`, `x+1` | and what it feeds |
//! | `@x` | and what it feeds, and all that feeds any of those |
//! | `a b` | either |
//! | `a,b` | both at once |
//!
//! The grammar is that of <https://docs.getdbt.com/reference/node-selection/syntax>, without the methods that
//! have no meaning here.

mod glob;
mod parse;
mod resolve;
#[cfg(test)]
mod tests;

use std::{collections::BTreeSet, fmt, ops::Range};

use thiserror::Error;

use self::{parse::parse, resolve::Resolver};
use crate::{
    render::visible,
    system::{Service, System},
};

/// Services of a system, in its order.
#[derive(Clone, Debug)]
pub struct Selection<'s> {
    services: Vec<&'s Service>,
    names: BTreeSet<&'s str>,
}

impl<'s> Selection<'s> {
    /// What any of `select` means, or everything if there are none, without what `exclude` means. It may be
    /// nothing at all.
    ///
    /// # Errors
    ///
    /// If an expression breaks the grammar, or spells out a name that is not there.
    pub fn of(
        system: &'s System,
        select: &[String],
        exclude: &[String],
    ) -> Result<Self, SelectError> {
        let resolver = Resolver::of(system);
        let union = |expressions: &[String]| {
            let mut any = resolver.nothing();
            for expression in expressions {
                let terms = parse(expression)?;
                resolver.add(&terms, expression, &mut any)?;
            }
            Ok::<_, SelectError>(any)
        };
        let mut selected = union(select)?;
        if select.is_empty() {
            selected.fill(true);
        }
        let excluded = union(exclude)?;
        let services = system.services.iter().zip(selected).zip(excluded);
        let services: Vec<_> = services
            .filter(|((_, selected), excluded)| *selected && !excluded)
            .map(|((service, _), _)| service)
            .collect();
        Ok(Self {
            names: services
                .iter()
                .map(|service| &*service.name.value)
                .collect(),
            services,
        })
    }

    /// The services, in the order of the file.
    pub fn services(&self) -> &[&'s Service] {
        &self.services
    }

    /// Whether the service of this name is one of them.
    pub fn contains(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.services.is_empty()
    }
}

/// What is wrong with an expression, and where.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub struct SelectError {
    /// What is wrong.
    pub mistake: Mistake,
    /// The whole expression.
    pub expression: String,
    /// The bytes of it that are at fault.
    pub range: Range<usize>,
}

/// The mistakes that an expression can hold.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Mistake {
    /// An operator, a comma or a colon without anything beside it.
    #[error("{0}")]
    Malformed(&'static str),
    /// A word before a colon that is no method.
    #[error("there is no method `{name}:`")]
    UnknownMethod {
        /// The word.
        name: String,
        /// What was probably meant.
        suggestion: Option<String>,
    },
    /// A name, spelt out, that nothing has.
    #[error("there is no {kind} `{name}`")]
    UnknownName {
        /// What it would be a name of.
        kind: &'static str,
        /// The name.
        name: String,
        /// What was probably meant.
        suggestion: Option<String>,
    },
}

impl SelectError {
    /// What to write instead, if that can be said.
    pub fn help(&self) -> Option<String> {
        match &self.mistake {
            Mistake::Malformed(_) => None,
            Mistake::UnknownName {
                suggestion: None, ..
            } => None,
            Mistake::UnknownName {
                suggestion: Some(name),
                ..
            } => Some(format!("did you mean `{name}`?")),
            Mistake::UnknownMethod {
                suggestion: Some(name),
                ..
            } => Some(format!("did you mean `{name}:`?")),
            Mistake::UnknownMethod { name, .. } => {
                let methods: Vec<_> = resolve::METHODS.iter().map(|(word, _)| *word).collect();
                Some(format!(
                    "the methods are {}; a name with a colon is written service:{name}:…",
                    methods.join(", ")
                ))
            }
        }
    }
}

/// The mistake, the expression, and carets below what is at fault.
impl fmt::Display for SelectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let printed: String = self
            .expression
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        let characters = |range: Range<usize>| {
            let text = self.expression.get(range).unwrap_or_default();
            text.chars().count()
        };
        let before = characters(0..self.range.start);
        let carets = characters(self.range.clone()).max(1);
        write!(
            f,
            "{}\n  | {}\n  | {:before$}{:^<carets$}",
            visible(&self.mistake.to_string()),
            visible(&printed),
            "",
            ""
        )
    }
}
