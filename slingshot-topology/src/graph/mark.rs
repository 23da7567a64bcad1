//! Marks: what tells one box or arrow from the rest.

/// Why a box or an arrow is drawn otherwise than the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// The other side of a comparison has it not.
    Added,
    /// Only the other side of a comparison has it.
    Removed,
    /// Both sides have it, and not alike.
    Changed,
    /// Asked for.
    Highlighted,
    /// Near the end of what it can take.
    Busy,
    /// It gets more than it can take.
    Overloaded,
}

impl Mark {
    /// Every mark.
    pub(super) const ALL: [Self; 6] = [
        Self::Added,
        Self::Removed,
        Self::Changed,
        Self::Highlighted,
        Self::Busy,
        Self::Overloaded,
    ];

    /// The word for it, as classes of styles and the JSON form say it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
            Self::Highlighted => "highlighted",
            Self::Busy => "busy",
            Self::Overloaded => "overloaded",
        }
    }

    /// The colour of a box's border or of an arrow, readable on light and on dark pages.
    pub(super) fn color(self) -> &'static str {
        match self {
            Self::Added => "#2da44e",
            Self::Removed | Self::Overloaded => "#e5534b",
            Self::Changed | Self::Busy => "#c69026",
            Self::Highlighted => "#d6409f",
        }
    }
}
