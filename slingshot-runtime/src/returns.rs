//! What a function may return: ids with their cases, in any of the usual shapes.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, LinkedList, VecDeque};

use slingshot_topology::CaseValue;

use crate::{
    argument::Parts,
    case::{Case, NoCase},
    error::AnyError,
};

/// The ids of one message's results, each with the case that routes it.
pub type Outputs = Vec<(u64, CaseValue)>;

/// What came of one call.
pub type Outcome = Result<Outputs, AnyError>;

/// A type that a microservice's function may return.
///
/// There is no blanket implementation for iterators on purpose: a `Result` is one, and its error
/// would vanish. No implementation is recommended by the compiler: the label names those that matter,
/// and the message stays short.
#[diagnostic::on_unimplemented(
    message = "a microservice cannot return `{Self}`",
    label = "expected `()`, `(u64, C)`, `Option<(u64, C)>`, `Vec<(u64, C)>` or `impl Iterator<Item = (u64, C)>`, bare or in a `Result` with a `std::error::Error`; `C` is a `bool`, an integer, a string or an enum with `#[derive(Case)]`"
)]
pub trait Returns {
    /// The type of its cases.
    type Case: Case;

    /// The results, or the error.
    ///
    /// # Errors
    ///
    /// The function's own.
    fn outcome(self) -> Outcome;
}

/// Any other sequence of results: the macro wraps `impl Iterator` in it.
#[derive(Clone, Copy, Debug)]
pub struct Iterate<I>(pub I);

#[diagnostic::do_not_recommend]
impl<I, C> Returns for Iterate<I>
where
    I: IntoIterator<Item = (u64, C)>,
    C: Case,
{
    type Case = C;

    fn outcome(self) -> Outcome {
        Ok(self
            .0
            .into_iter()
            .map(|(id, case)| (id, case.into_value()))
            .collect())
    }
}

#[diagnostic::do_not_recommend]
impl Returns for () {
    type Case = NoCase;

    fn outcome(self) -> Outcome {
        Ok(Vec::new())
    }
}

#[diagnostic::do_not_recommend]
impl<C: Case> Returns for (u64, C) {
    type Case = C;

    fn outcome(self) -> Outcome {
        Ok(vec![(self.0, self.1.into_value())])
    }
}

#[diagnostic::do_not_recommend]
impl<T: Returns, E: Into<AnyError>> Returns for Result<T, E> {
    type Case = T::Case;

    fn outcome(self) -> Outcome {
        self.map_err(Into::into)?.outcome()
    }
}

macro_rules! sequences {
    ($([$($generic:tt)*] $type:ty;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($generic)*> Returns for $type {
            type Case = C;

            fn outcome(self) -> Outcome {
                Iterate(self).outcome()
            }
        }
    )*};
}

sequences! {
    [C: Case] Option<(u64, C)>;
    [C: Case] Vec<(u64, C)>;
    [C: Case] Box<[(u64, C)]>;
    [C: Case, const N: usize] [(u64, C); N];
    [C: Case] VecDeque<(u64, C)>;
    [C: Case] LinkedList<(u64, C)>;
    [C: Case] BTreeSet<(u64, C)>;
    [C: Case, S] HashSet<(u64, C), S>;
    [C: Case] BTreeMap<u64, C>;
    [C: Case, S] HashMap<u64, C, S>;
    [C: Case] std::vec::IntoIter<(u64, C)>;
    [C: Case] Box<dyn Iterator<Item = (u64, C)> + '_>;
    [C: Case] Box<dyn Iterator<Item = (u64, C)> + Send + '_>;
}

/// The closed set of cases of a function's return type, if it is closed. Never calls it.
pub fn cases_of<'a, R: Returns>(
    _function: impl FnOnce(&mut Parts<'a>) -> R,
) -> Option<&'static [CaseValue]> {
    R::Case::CASES
}

/// [`cases_of`] for `async` functions.
pub fn cases_of_async<'a, F: Future<Output: Returns>>(
    _function: impl FnOnce(&mut Parts<'a>) -> F,
) -> Option<&'static [CaseValue]> {
    <F::Output as Returns>::Case::CASES
}
