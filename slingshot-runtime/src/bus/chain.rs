//! The handlers on the way to a call, by which a circle is found.

use std::sync::Arc;

use crate::handler::CallError;

/// How deep handlers may call each other.
pub(super) const DEEPEST: usize = 16;

/// Who called whom, from the first caller to the function that runs now.
#[derive(Clone, Debug)]
pub(super) struct Chain(Arc<Link>);

#[derive(Debug)]
struct Link {
    name: Arc<str>,
    depth: usize,
    before: Option<Arc<Self>>,
}

impl Chain {
    pub(super) fn begin(caller: &str) -> Self {
        Self(Arc::new(Link {
            name: caller.into(),
            depth: 0,
            before: None,
        }))
    }

    /// Who calls now.
    pub(super) fn caller(&self) -> &str {
        &self.0.name
    }

    /// The chain with one more call. A handler all of whose replicas wait on this way for the answer to this
    /// call would never begin it.
    pub(super) fn then(&self, callee: &Arc<str>, replicas: u32) -> Result<Self, CallError> {
        let depth = self.0.depth + 1;
        let itself = self.names().filter(|name| *name == &**callee).count();
        if depth > DEEPEST || itself >= usize::try_from(replicas).unwrap_or(usize::MAX) {
            let mut chain: Vec<_> = self.names().map(str::to_owned).collect();
            chain.reverse();
            chain.push(callee.as_ref().to_owned());
            return Err(CallError::TooDeep {
                chain,
                limit: DEEPEST,
            });
        }
        Ok(Self(Arc::new(Link {
            name: Arc::clone(callee),
            depth,
            before: Some(Arc::clone(&self.0)),
        })))
    }

    /// The last first.
    fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::successors(Some(&*self.0), |link| link.before.as_deref()).map(|link| &*link.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circle_ends_where_nobody_could_run_or_where_it_is_too_deep() {
        let (a, b) = (Arc::from("a"), Arc::from("b"));
        let first = Chain::begin("a");
        let error = first.then(&a, 1).expect_err("all replicas of `a` wait");
        let words = "handlers may call each other to a depth of 16, and each within its timeout";
        assert_eq!(error.to_string(), format!("a → a: {words}"));
        let second = first.then(&b, 1).expect("a way to go");
        let error = second.then(&a, 1).expect_err("a circle");
        assert_eq!(error.to_string(), format!("a → b → a: {words}"));
        let mut chain = first;
        let mut depth = 0;
        let error = loop {
            match chain.then(&a, 1_000) {
                Ok(deeper) => chain = deeper,
                Err(error) => break error,
            }
            depth += 1;
        };
        assert_eq!(depth, DEEPEST);
        assert!(error.to_string().starts_with("a → a → a"));
    }
}
