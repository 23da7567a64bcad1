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
    /// How many of its calls run at once; none of a caller that is no handler.
    replicas: Option<u32>,
    /// Whether the one before waits for the answer.
    is_awaited: bool,
    depth: usize,
    before: Option<Arc<Self>>,
}

/// One of a chain, as others are told of it: its name, its replicas, and whether the one before waits for it.
pub(super) type Told = (String, Option<u32>, bool);

impl Chain {
    /// One that a handler begins, or somebody without replicas.
    pub(super) fn begin(caller: impl Into<Arc<str>>, replicas: Option<u32>) -> Self {
        Self(Arc::new(Link {
            name: caller.into(),
            replicas,
            is_awaited: false,
            depth: 0,
            before: None,
        }))
    }

    /// Who calls now.
    pub(super) fn caller(&self) -> &str {
        &self.0.name
    }

    /// The chain with one more call.
    pub(super) fn then(
        &self,
        callee: &Arc<str>,
        replicas: u32,
        is_awaited: bool,
    ) -> Result<Self, CallError> {
        self.check(callee, is_awaited)?;
        Ok(Self(Arc::new(Link {
            name: Arc::clone(callee),
            replicas: Some(replicas),
            is_awaited,
            depth: self.0.depth + 1,
            before: Some(Arc::clone(&self.0)),
        })))
    }

    /// Whether one more call may be made. A handler all of whose replicas wait on this way for the answer to that
    /// call would never begin it.
    pub(super) fn check(&self, callee: &str, is_awaited: bool) -> Result<(), CallError> {
        let is_too_deep = self.0.depth + 1 > DEEPEST;
        let stands_still = is_awaited && self.would_stand_still(callee);
        if !is_too_deep && !stands_still {
            return Ok(());
        }
        let mut chain: Vec<_> = self.links().map(|link| link.name.to_string()).collect();
        chain.reverse();
        chain.push(callee.to_owned());
        Err(CallError::TooDeep {
            chain,
            limit: DEEPEST,
        })
    }

    fn would_stand_still(&self, callee: &str) -> bool {
        let mut waiting = 0_u32;
        for link in self.links() {
            if let Some(replicas) = link.replicas.filter(|_| *link.name == *callee) {
                waiting += 1;
                if waiting >= replicas {
                    return true;
                }
            }
            // Those before have gone on: they do not wait.
            if !link.is_awaited {
                return false;
            }
        }
        false
    }

    /// The last first.
    fn links(&self) -> impl Iterator<Item = &Link> {
        std::iter::successors(Some(&*self.0), |link| link.before.as_deref())
    }

    /// For another process, the first first.
    pub(super) fn told(&self) -> Vec<Told> {
        let told = |link: &Link| (link.name.to_string(), link.replicas, link.is_awaited);
        let mut links: Vec<_> = self.links().map(told).collect();
        links.reverse();
        links
    }

    /// As another process told it; none when it cannot have been one.
    pub(super) fn of(told: Vec<Told>) -> Option<Self> {
        if told.len() > DEEPEST + 1 {
            return None;
        }
        let links = told.into_iter().enumerate();
        let last = links.fold(None, |before, (depth, (name, replicas, is_awaited))| {
            Some(Arc::new(Link {
                name: name.into(),
                replicas,
                is_awaited,
                depth,
                before,
            }))
        });
        last.map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circle_ends_where_nobody_could_run_or_where_it_is_too_deep() {
        let (a, b) = (Arc::from("a"), Arc::from("b"));
        let first = Chain::begin("a", Some(1));
        let error = first
            .then(&a, 1, true)
            .expect_err("all replicas of `a` wait");
        let words = "handlers may call each other to a depth of 16, and each within its timeout";
        assert_eq!(error.to_string(), format!("a → a: {words}"));
        let second = first.then(&b, 1, true).expect("a way to go");
        let error = second.then(&a, 1, true).expect_err("a circle");
        assert_eq!(error.to_string(), format!("a → b → a: {words}"));
        let mut chain = Chain::begin("a", Some(1_000));
        let mut depth = 0;
        let error = loop {
            match chain.then(&a, 1_000, true) {
                Ok(deeper) => chain = deeper,
                Err(error) => break error,
            }
            depth += 1;
        };
        assert_eq!(depth, DEEPEST);
        assert!(error.to_string().starts_with("a → a → a"));
    }

    #[test]
    fn nobody_waits_for_what_was_dispatched() {
        let (a, b) = (Arc::from("a"), Arc::from("b"));
        let first = Chain::begin("a", Some(1));
        first.then(&a, 1, false).expect("it runs after this one");
        let dispatched = first.then(&b, 1, false).expect("nobody waits");
        dispatched.then(&a, 1, true).expect("`a` has gone on");
        dispatched
            .then(&b, 1, true)
            .expect_err("`b` waits for itself");
    }

    #[test]
    fn a_service_is_no_handler_of_the_same_name() {
        let service = Chain::begin("a", None);
        service.then(&"a".into(), 1, true).expect("another `a`");
    }

    #[test]
    fn another_process_finds_the_same_circle() {
        let (b, c) = (Arc::from("b"), Arc::from("c"));
        let chain = Chain::begin("a", Some(1)).then(&b, 2, true);
        let chain = chain.and_then(|chain| chain.then(&c, 1, true));
        let here = chain.expect("a way to go");
        let there = Chain::of(here.told()).expect("a chain");
        assert_eq!(there.told(), here.told());
        there.check("a", true).expect_err("a circle");
        there.check("b", true).expect("one more replica");
        assert!(Chain::of(Vec::new()).is_none());
        assert!(Chain::of(vec![("a".to_owned(), None, true); 18]).is_none());
    }
}
