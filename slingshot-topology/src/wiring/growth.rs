//! Whether what goes round in a loop becomes more.

use super::{Feed, Wiring};
use crate::hashing::HashMap;

/// After so many rounds a loop that is neither proven to grow nor proven not to is taken not to.
const ROUNDS: usize = 256;

/// Growth below this is the rounding of shares such as 0.333.
const MARGIN: f64 = 1e-6;

/// A message of one service that becomes some of another.
struct Gain {
    from: usize,
    to: usize,
    by: f64,
}

impl<'s> Wiring<'s> {
    /// Whether a service says how many results of its cases there are.
    pub(crate) fn has_shares(&self, service: usize) -> bool {
        let mut routes = self.services[service].routes.iter();
        routes.any(|route| route.share.is_some())
    }

    /// How many messages a mention of a queue makes of each that its service gets, by the shares. Without any,
    /// each message gives one result, of any case alike.
    pub(crate) fn share(&self, feed: &Feed<'s>) -> f64 {
        if self.has_shares(feed.service) {
            return feed.route.share.as_ref().map_or(0.0, |share| share.value);
        }
        let cases = u32::try_from(self.services[feed.service].routes.len()).unwrap_or(u32::MAX);
        1.0 / f64::from(cases)
    }

    /// Whether more and more messages go round in a loop: whether the spectral radius of its gains is over one.
    ///
    /// The Collatz–Wielandt bounds: the smallest ratio of a component to its image is never above the radius,
    /// the largest never below. The identity is added to the gains so that the two meet in loops of any
    /// length (power iteration of a primitive matrix).
    pub(crate) fn grows(&self, members: &[usize]) -> bool {
        let gains = self.gains(members);
        let mut level = vec![1.0; members.len()];
        for _ in 0..ROUNDS {
            let mut next = level.clone();
            for gain in &gains {
                next[gain.to] += gain.by * level[gain.from];
            }
            let ratios = next.iter().zip(&level).map(|(next, level)| next / level);
            let (least, most) = ratios.fold((f64::INFINITY, 0.0_f64), |(least, most), ratio| {
                (least.min(ratio), most.max(ratio))
            });
            if least > 2.0 + MARGIN {
                return true;
            }
            if most <= 2.0 + MARGIN {
                return false;
            }
            let top = next.iter().copied().fold(0.0, f64::max);
            level = next.into_iter().map(|level| level / top).collect();
        }
        false
    }

    fn gains(&self, members: &[usize]) -> Vec<Gain> {
        let numbers: HashMap<usize, usize> = members.iter().copied().zip(0..).collect();
        let mut gains = Vec::new();
        for &member in members {
            let inbound = self.inbound(member);
            // Readers of one queue share its messages.
            let readers = u32::try_from(inbound.readers.len()).unwrap_or(u32::MAX);
            for feed in &inbound.feeds {
                if let Some(&from) = numbers.get(&feed.service) {
                    let by = self.share(feed) / f64::from(readers);
                    let to = numbers[&member];
                    gains.push(Gain { from, to, by });
                }
            }
        }
        gains
    }

    /// Two queues of one case that both stay in a loop, the first such pair by the order of the file.
    pub(crate) fn split_within(&self, members: &[usize]) -> Option<[&Feed<'s>; 2]> {
        let mut known: HashMap<*const crate::system::Route, &Feed<'s>> = HashMap::default();
        for &member in members {
            for feed in &self.inbound(member).feeds {
                if self.share_a_loop(feed.service, member)
                    && let Some(first) = known.insert(std::ptr::from_ref(feed.route), feed)
                    && first.at != feed.at
                {
                    return Some([first, feed]);
                }
            }
        }
        None
    }
}
