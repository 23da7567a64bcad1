//! `sample` picks the files whose originals are kept.

use slingshot::prelude::*;

/// One file in so many is kept.
const ONE_IN: u64 = 10;

/// Whether a file is one of those that are kept. It looks at nothing but the id, so that every
/// attempt decides alike.
#[microservice(name = "sample")]
pub(crate) fn sample(request: u64) -> (u64, bool) {
    (request, request.is_multiple_of(ONE_IN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_file_in_ten_is_kept() {
        let kept: Vec<u64> = (1..=30).filter(|id| sample(*id).1).collect();
        assert_eq!(kept, [10, 20, 30]);
        assert_eq!(sample(7), (7, false));
    }
}
