//! One place of a drawing.

/// The sides of a character that a line leaves by.
pub(super) const UP: u8 = 1;
pub(super) const RIGHT: u8 = 2;
pub(super) const DOWN: u8 = 4;
pub(super) const LEFT: u8 = 8;

/// What is in one place: a character, or the lines of up to two nets.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cell {
    pub(super) character: Option<char>,
    /// The second half of a wide character.
    pub(super) is_covered: bool,
    pub(super) upright: Option<(usize, u8)>,
    pub(super) level: Option<(usize, u8)>,
}

impl Cell {
    pub(super) fn shown(&self) -> char {
        if let Some(character) = self.character {
            return character;
        }
        match (self.upright, self.level) {
            (None, None) => ' ',
            (Some((net, up)), Some((other, level))) if net == other => joint(up | level),
            // The upright line goes over the level one.
            (Some((_, sides)), _) => joint(sides | UP | DOWN),
            (None, Some((_, sides))) => joint(sides | LEFT | RIGHT),
        }
    }
}

fn joint(sides: u8) -> char {
    // By the bits of up, right, down and left.
    const JOINTS: [char; 16] = [
        ' ', '│', '─', '└', '│', '│', '┌', '├', '─', '┘', '─', '┴', '┐', '┤', '┬', '┼',
    ];
    JOINTS[usize::from(sides & 15)]
}
