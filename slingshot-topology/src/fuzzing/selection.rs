//! The expressions that name services.

use super::{fixture::SYSTEM, shown::plain};
use crate::Selection;

/// An expression: what it selects and what it excludes are the whole system, and a mistake lies inside it and can be
/// told.
pub fn selection(text: &str) {
    let words = [text.to_owned()];
    let selected = Selection::of(&SYSTEM, &words, &[]);
    let rest = Selection::of(&SYSTEM, &[], &words);
    match (selected, rest) {
        (Ok(selected), Ok(rest)) => {
            for service in &SYSTEM.services {
                let name = &service.name.value;
                assert_ne!(selected.contains(name), rest.contains(name), "{name}");
            }
            let both = Selection::of(&SYSTEM, &words, &words);
            assert!(both.is_ok_and(|both| both.is_empty()));
        }
        (Err(one), Err(other)) => {
            assert_eq!(one, other);
            assert!(text.get(one.range.clone()).is_some(), "{:?}", one.range);
            plain(&one.to_string());
            one.help();
        }
        (one, other) => panic!("{one:?} and {other:?}"),
    }
}
