//! Days, as suppressions that expire name them.

use std::fmt;

/// A day of the Gregorian calendar, as `2027-01-31`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// `None` unless there is such a day.
    pub fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let is_leap =
            year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match month {
            2 if is_leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        (1..=days)
            .contains(&day)
            .then_some(Self { year, month, day })
    }

    /// Reads `2027-01-31`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.trim().splitn(3, '-');
        let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
        let is_padded = (year.len(), month.len(), day.len()) == (4, 2, 2);
        Self::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).filter(|_| is_padded)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { year, month, day } = self;
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::Date;

    #[test]
    fn days_that_are_in_the_calendar_are_read() {
        assert_eq!(Date::parse("2028-02-29"), Date::new(2028, 2, 29));
        assert!(Date::parse("2027-01-31") < Date::parse("2027-02-01"));
        for wrong in [
            "2027-02-29",
            "2027-13-01",
            "2027-1-1",
            "2027-01",
            "x",
            "2027-01-01-01",
        ] {
            assert_eq!(Date::parse(wrong), None, "{wrong}");
        }
    }
}
