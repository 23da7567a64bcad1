//! What an object holds: bytes that follow from its id, so that a wrong, short or mixed-up one is seen.

use crate::dice::Dice;

/// Sizes below and above what a connection carries at once.
const SIZES: [usize; 4] = [0, 700, 9_000, 40_000];

/// The bytes of the object with an id.
pub(crate) fn of(id: u64) -> Vec<u8> {
    let mut dice = Dice::new(id);
    let size = dice.pick(&SIZES);
    let mut bytes = Vec::with_capacity(size + 8);
    while bytes.len() < size {
        bytes.extend(dice.throw().to_le_bytes());
    }
    bytes.truncate(size);
    bytes
}
