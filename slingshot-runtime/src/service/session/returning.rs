//! Messages that come again because their connection broke, and not because they ended a process.

/// How many connections' messages may come again together: the broker takes a minute to notice that one is dead, and
/// the waits before the next ones let about so many follow in that time.
const MOST_CONNECTIONS: usize = 16;

/// How many redeliveries are to be expected, as the messages were this process's before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Returning(usize);

impl Returning {
    /// A connection that breaks gives back no more messages than it was handed out. Those of one before it, which
    /// broke as well, may not have come yet.
    #[must_use]
    pub(crate) fn and_of_another(self, prefetch: u16) -> Self {
        let prefetch = usize::from(prefetch);
        Self((self.0 + prefetch).min(MOST_CONNECTIONS * prefetch))
    }

    /// A message goes back to its queue, and most likely comes again to us.
    pub(super) fn and_one(&mut self) {
        self.0 = self.0.saturating_add(1);
    }

    /// A redelivered message is here. Whether one was expected.
    pub(super) fn take(&mut self) -> bool {
        let expected = self.0 > 0;
        self.0 = self.0.saturating_sub(1);
        expected
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(mut returning: Returning) -> usize {
        std::iter::from_fn(|| returning.take().then_some(())).count()
    }

    #[test]
    fn what_two_connections_had_is_expected_when_both_broke() {
        let first = Returning::default();
        assert_eq!(count(first), 0);
        let mut second = first.and_of_another(8);
        assert_eq!(count(second), 8);
        // Three come, and one of them is given back; then the connection breaks.
        for _ in 0..3 {
            assert!(second.take());
        }
        second.and_one();
        assert_eq!(count(second.and_of_another(8)), 6 + 8);
    }

    #[test]
    fn connections_that_break_without_end_do_not_excuse_every_redelivery() {
        let many = (0..1_000).fold(Returning::default(), |it, _| it.and_of_another(8));
        assert_eq!(count(many), 8 * MOST_CONNECTIONS);
    }
}
