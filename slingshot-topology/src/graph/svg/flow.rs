//! Which way the ranks go. The layout knows only "along" the flow and "across" it.

/// The direction from a service to what it feeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    Right,
    Down,
}

impl Flow {
    /// `(along, across)` from `(x, y)` or from `(width, height)`, and back: both ways are the same.
    pub(super) fn turn<T>(self, (one, other): (T, T)) -> (T, T) {
        match self {
            Self::Right => (one, other),
            Self::Down => (other, one),
        }
    }

    /// Between two items of a rank.
    pub(super) fn spacing(self) -> i64 {
        match self {
            Self::Right => 14,
            Self::Down => 24,
        }
    }
}
