//! Text from outside, for a terminal.

use std::borrow::Cow;

use unicode_width::UnicodeWidthStr as _;

/// The text with a picture in the place of each control character but line breaks and tabs: a name that a sys-map
/// serves moves no cursor and colours nothing. What turns the direction of writing is replaced too.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(picture).collect())
}

/// The same for a text that has to stay in its line, and in its column.
pub fn visible_in_line(text: &str) -> Cow<'_, str> {
    let visible = visible(text);
    if visible.contains(['\n', '\t']) {
        return Cow::Owned(visible.replace('\n', "␊").replace('\t', "␉"));
    }
    visible
}

/// How many columns of a terminal a line takes: two for each character of the scripts of East Asia.
pub fn columns(line: &str) -> usize {
    line.width()
}

fn is_hidden(character: char) -> bool {
    let turns = matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    turns || character.is_control() && !matches!(character, '\n' | '\t')
}

fn picture(character: char) -> char {
    match character {
        _ if !is_hidden(character) => character,
        '\0'..'\u{20}' => {
            char::from_u32('␀' as u32 + character as u32).unwrap_or(char::REPLACEMENT_CHARACTER)
        }
        '\u{7f}' => '␡',
        _ => char::REPLACEMENT_CHARACTER,
    }
}

#[cfg(test)]
mod tests {
    use super::{columns, visible, visible_in_line};

    #[test]
    fn a_terminal_takes_none_of_it_for_a_command() {
        for (text, expected) in [
            ("words é\n\tand more", "words é\n\tand more"),
            ("\u{1b}[31mred\r\0", "␛[31mred␍␀"),
            ("\u{7f}\u{9b}2J", "␡�2J"),
            ("\u{202e}sdrow", "�sdrow"),
        ] {
            assert_eq!(visible(text), expected);
        }
        assert_eq!(visible_in_line("two\nlines\tand \u{1b}"), "two␊lines␉and ␛");
    }

    #[test]
    fn a_wide_character_takes_two_columns() {
        assert_eq!((columns("文書"), columns("é"), columns("")), (4, 1, 0));
    }
}
