//! Numbers: an integer, or what has a fraction or an exponent.

use super::Parser;
use crate::document::{Value, integer};

/// This many digits fit every integer that is added up.
const SHORT: usize = 18;

impl<'t> Parser<'t> {
    /// At a digit, or at a `-`.
    pub(super) fn number(&mut self) -> Value<'t> {
        let bytes = &self.text.as_bytes()[self.at..];
        let is_negative = bytes.first() == Some(&b'-');
        let mut length = usize::from(is_negative);
        let mut sum = 0_i64;
        while let Some(digit @ b'0'..=b'9') = bytes.get(length)
            && length < SHORT
        {
            sum = sum * 10 + i64::from(digit - b'0');
            length += 1;
        }
        let digits = length - usize::from(is_negative);
        let has_zero = digits > 1 && bytes.get(length - digits) == Some(&b'0');
        let goes_on = bytes.get(length).copied().is_some_and(continues);
        if digits == 0 || has_zero || goes_on || (is_negative && sum == 0) {
            return self.long_number();
        }
        self.is_quiet = false;
        self.at += length;
        Value::Integer(Box::new(i128::from(if is_negative { -sum } else { sum })))
    }

    /// `-0` counts as a fraction because JSON readers make it the float -0.0.
    fn long_number(&mut self) -> Value<'t> {
        let rest = &self.text.as_bytes()[self.at..];
        let length = rest.iter().position(|&byte| !continues(byte));
        let end = self.at + length.unwrap_or(rest.len());
        let text = self.slice(self.at..end);
        if !is_number(text) {
            return self.no_value();
        }
        self.is_quiet = false;
        self.at = end;
        if text.contains(['.', 'e', 'E']) || text == "-0" {
            Value::Float(text.into())
        } else {
            Value::Integer(Box::new(integer(text, 10)))
        }
    }
}

fn continues(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.' | b'_' | 0x80..)
}

/// RFC 8259, section 6.
fn is_number(text: &str) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let are_digits =
        |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let exponent = exponent.map(|text| text.strip_prefix(['+', '-']).unwrap_or(text));
    are_digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(are_digits)
        && exponent.is_none_or(are_digits)
}
