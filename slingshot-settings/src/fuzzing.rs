//! What must hold for every text from outside. Property tests and fuzz targets call it; nothing else is
//! built with it.

use crate::duration;

/// A duration that is read can be written, and read again.
pub fn duration(text: &str) {
    if let Ok(read) = duration::parse(text) {
        assert_eq!(duration::parse(&duration::written(read)), Ok(read));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,20}") {
            duration(&text);
        }

        #[test]
        fn a_duration_is_written_as_it_was_read(text in "([0-9]{1,20}(ms|s|m|h|d)){1,3}") {
            duration(&text);
        }

        #[test]
        fn milliseconds_survive_their_writing(milliseconds in 1..=u64::MAX) {
            let duration = Duration::from_millis(milliseconds);
            prop_assert_eq!(duration::parse(&duration::written(duration)), Ok(duration));
        }
    }
}
