//! Which of a service's replicas are one process's, where several processes are one service.

/// A process's part of a service's replicas, and of its prefetch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Share {
    /// All of them.
    #[default]
    Whole,
    /// One: each of the others has a process too.
    One,
    /// So many processes have about the same number each, and this is the one with the index, from 0.
    Part {
        /// Which process.
        index: u32,
        /// Of how many.
        of: u32,
    },
}

impl Share {
    /// The part of so many replicas and of so much prefetch. At least one of each.
    pub(super) fn of(self, replicas: u32, prefetch: u16) -> (u32, u16) {
        let own = match self {
            Self::Whole => return (replicas, prefetch),
            Self::One => 1,
            Self::Part { index, of } => {
                let of = of.max(1);
                replicas / of + u32::from(index < replicas % of)
            }
        }
        .max(1);
        let own_prefetch = (u32::from(prefetch) * own).div_ceil(replicas.max(1));
        (
            own,
            u16::try_from(own_prefetch)
                .unwrap_or(prefetch)
                .clamp(1, prefetch),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_make_the_whole() {
        let part = |index, of| Share::Part { index, of };
        assert_eq!(Share::Whole.of(4, 8), (4, 8));
        assert_eq!(Share::One.of(4, 8), (1, 2));
        assert_eq!(Share::One.of(4, 3), (1, 1));
        let parts = [0, 1, 2].map(|index| part(index, 3).of(4, 8));
        assert_eq!(parts, [(2, 4), (1, 2), (1, 2)]);
        // More processes than replicas: each works all the same.
        assert_eq!(part(1, 2).of(1, 2), (1, 2));
    }
}
