//! Which bytes are text, and which characters they stand for.

use std::fmt;

/// How a text's characters are written as bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Utf8,
    Utf16LittleEndian,
    Utf16BigEndian,
    /// Latin-1 with the quotes and dashes that Windows put where Latin-1 has control characters.
    Windows1252,
}

impl Encoding {
    /// The encoding under which `start` reads as text, if there is one. `whole` says that the file
    /// ends where `start` does; otherwise its last character may be cut.
    pub(crate) fn of(start: &[u8], whole: bool) -> Option<Self> {
        match start {
            [] => None,
            [0xFF, 0xFE, ..] => Self::Utf16LittleEndian.if_readable(start, whole),
            [0xFE, 0xFF, ..] => Self::Utf16BigEndian.if_readable(start, whole),
            _ => Self::Utf8
                .if_readable(start, whole)
                .or_else(|| Self::utf16_without_mark(start)?.if_readable(start, whole))
                .or_else(|| Self::Windows1252.if_readable(start, whole)),
        }
    }

    /// In UTF-16 spaces, digits and line ends have a zero byte, always on the same side, and a text
    /// of any length has some.
    fn utf16_without_mark(start: &[u8]) -> Option<Self> {
        let zeros = |side: usize| {
            start
                .iter()
                .skip(side)
                .step_by(2)
                .filter(|b| **b == 0)
                .count()
        };
        let units = start.len() / 2;
        match (zeros(0), zeros(1)) {
            (0, low) if low * 20 > units => Some(Self::Utf16LittleEndian),
            (high, 0) if high * 20 > units => Some(Self::Utf16BigEndian),
            _ => None,
        }
    }

    fn if_readable(self, start: &[u8], whole: bool) -> Option<Self> {
        let text = match self {
            Self::Utf8 => match str::from_utf8(start) {
                Ok(text) => text.to_owned(),
                Err(error) if error.error_len().is_none() && !whole => {
                    self.decode(&start[..error.valid_up_to()])
                }
                Err(_) => return None,
            },
            Self::Utf16LittleEndian | Self::Utf16BigEndian
                if whole && !start.len().is_multiple_of(2) =>
            {
                return None;
            }
            Self::Utf16LittleEndian | Self::Utf16BigEndian => {
                let text = self.decode(start);
                // A pair of units may be cut.
                if whole {
                    text
                } else {
                    text.trim_end_matches(char::REPLACEMENT_CHARACTER)
                        .to_owned()
                }
            }
            Self::Windows1252 if mostly_ascii(start) => self.decode(start),
            Self::Windows1252 => return None,
        };
        is_readable(&text).then_some(self)
    }

    /// The text, without its byte order mark. Bytes that stand for no character become U+FFFD.
    pub(crate) fn decode(self, bytes: &[u8]) -> String {
        let units = |unit: fn([u8; 2]) -> u16| {
            let (pairs, _) = bytes.as_chunks::<2>();
            let units = pairs.iter().map(|pair| unit(*pair));
            char::decode_utf16(units)
                .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
                .collect()
        };
        let text: String = match self {
            Self::Utf8 => String::from_utf8_lossy(bytes).into_owned(),
            Self::Utf16LittleEndian => units(u16::from_le_bytes),
            Self::Utf16BigEndian => units(u16::from_be_bytes),
            Self::Windows1252 => bytes.iter().map(|byte| windows_1252(*byte)).collect(),
        };
        match text.strip_prefix('\u{FEFF}') {
            Some(text) => text.to_owned(),
            None => text,
        }
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Utf8 => "UTF-8",
            Self::Utf16LittleEndian => "UTF-16LE",
            Self::Utf16BigEndian => "UTF-16BE",
            Self::Windows1252 => "Windows-1252",
        })
    }
}

/// Any byte string reads as Windows-1252, so it has to look like a language written in it: those
/// have an accent every few letters, not every other one.
fn mostly_ascii(bytes: &[u8]) -> bool {
    let ascii = bytes.iter().filter(|byte| byte.is_ascii()).count();
    ascii * 10 >= bytes.len() * 7
}

/// Texts have line ends, tabs, form feeds and a terminal's escapes; every other control character
/// belongs to a program's file.
fn is_readable(text: &str) -> bool {
    text.chars().all(|c| match c {
        '\t' | '\n' | '\r' | '\u{c}' | '\u{1b}' | '\u{85}' => true,
        char::REPLACEMENT_CHARACTER => false,
        c => !c.is_control(),
    })
}

/// <https://encoding.spec.whatwg.org/index-windows-1252.txt>, with U+FFFD where it maps to a control
/// character.
fn windows_1252(byte: u8) -> char {
    const HIGH_CONTROLS: [char; 32] = [
        '€', '\u{FFFD}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{FFFD}', 'Ž',
        '\u{FFFD}', '\u{FFFD}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ',
        '\u{FFFD}', 'ž', 'Ÿ',
    ];
    match byte {
        0x80..=0x9F => HIGH_CONTROLS[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], whole: bool, expected: Option<(Encoding, &str)>) {
        let found = Encoding::of(bytes, whole).map(|encoding| (encoding, encoding.decode(bytes)));
        assert_eq!(
            found,
            expected.map(|(encoding, text)| (encoding, text.to_owned()))
        );
    }

    fn utf16(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(unit).collect()
    }

    #[test]
    fn texts_are_read_in_their_encoding() {
        check("plain".as_bytes(), true, Some((Encoding::Utf8, "plain")));
        check(
            "größer 雨 🙂".as_bytes(),
            true,
            Some((Encoding::Utf8, "größer 雨 🙂")),
        );
        check(
            "\u{FEFF}marked".as_bytes(),
            true,
            Some((Encoding::Utf8, "marked")),
        );
        check(
            b"caf\xE9 \x96 \x80 5",
            true,
            Some((Encoding::Windows1252, "café – € 5")),
        );
        let text = "Ala ma kota, a kot ma Alę.";
        let marked = format!("\u{FEFF}{text}");
        check(
            &utf16(&marked, u16::to_le_bytes),
            true,
            Some((Encoding::Utf16LittleEndian, text)),
        );
        check(
            &utf16(&marked, u16::to_be_bytes),
            true,
            Some((Encoding::Utf16BigEndian, text)),
        );
        check(
            &utf16(text, u16::to_le_bytes),
            true,
            Some((Encoding::Utf16LittleEndian, text)),
        );
        check(
            &utf16(text, u16::to_be_bytes),
            true,
            Some((Encoding::Utf16BigEndian, text)),
        );
    }

    #[test]
    fn a_character_may_be_cut_where_the_sample_ends_but_not_where_the_file_does() {
        let cut = &"Überfluß".as_bytes()[.."Überfluß".len() - 1];
        assert_eq!(Encoding::of(cut, false), Some(Encoding::Utf8));
        assert_ne!(Encoding::of(cut, true), Some(Encoding::Utf8));
    }

    #[test]
    fn programs_files_are_no_texts() {
        check(b"", true, None);
        check(b"\x7FELF\x02\x01\x01\x00\x00\x00", true, None);
        check(
            &[0xFF, 0xFE, 0x00, 0x00, 0x41, 0x00, 0x00, 0x00],
            true,
            None,
        );
        check(&[0xE9; 40], true, None);
        check(b"almost text \x07", true, None);
    }
}
