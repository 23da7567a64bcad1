//! How much room a text takes. There is no font to ask, so that this estimates on the wide side.

use std::borrow::Cow;

/// The longest text that is written out; the rest is in the tooltip.
const LONGEST: usize = 40;

/// The width in pixels of a text in a sans-serif font.
pub(super) fn width(text: &str, font_size: i64) -> i64 {
    let thousandths: i64 = text.chars().map(advance).sum();
    (thousandths * font_size + 999) / 1000
}

/// The text, or its start and an ellipsis.
pub(super) fn shorten(text: &str) -> Cow<'_, str> {
    if text.chars().count() <= LONGEST {
        return text.into();
    }
    let start: String = text.chars().take(LONGEST - 1).collect();
    format!("{start}…").into()
}

/// Thousandths of the font's size; a little over Helvetica, because its stand-ins are wider.
fn advance(character: char) -> i64 {
    match character {
        'i' | 'j' | 'l' | 'I' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' => 310,
        'f' | 't' | 'r' | ' ' | '(' | ')' | '[' | ']' | '"' | '-' | '/' => 400,
        'm' | 'w' | 'M' | 'W' | '@' | '%' => 960,
        'A'..='Z' | '&' | '+' | '=' | '<' | '>' | '#' | '~' => 760,
        ' '..='~' => 630,
        // Latin, Greek and Cyrillic; what comes after may be as wide as it is high.
        '\u{a0}'..='\u{52f}' => 700,
        _ => 1000,
    }
}
