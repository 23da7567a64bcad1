//! The bytes of what the store keeps: length-prefixed fields, nothing more.

use amq_protocol::{
    frame::WriteContext,
    types::{FieldTable, ShortString, generation::gen_field_table, parsing::parse_field_table},
};

/// Appends fields to a record.
#[derive(Debug, Default)]
pub(super) struct Writer(Vec<u8>);

impl Writer {
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }

    pub(super) fn number(mut self, value: u64) -> Self {
        self.0.extend_from_slice(&value.to_be_bytes());
        self
    }

    pub(super) fn flag(mut self, value: bool) -> Self {
        self.0.push(value.into());
        self
    }

    pub(super) fn bytes(mut self, value: &[u8]) -> Self {
        self.0
            .extend_from_slice(&(value.len() as u64).to_be_bytes());
        self.0.extend_from_slice(value);
        self
    }

    pub(super) fn name(self, value: &ShortString) -> Self {
        self.bytes(value.as_str().as_bytes())
    }

    pub(super) fn table(self, value: &FieldTable) -> Self {
        let context = WriteContext {
            write: Vec::new(),
            position: 0,
        };
        let written = gen_field_table::<Vec<u8>>(value)(context);
        self.bytes(&written.expect("writing to memory cannot fail").write)
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.0
    }
}

/// Takes the fields off again, in the same order; `None` where the record is not one of ours.
#[derive(Debug)]
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn new(record: &'a [u8]) -> Self {
        Self(record)
    }

    pub(super) fn number(&mut self) -> Option<u64> {
        let (number, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u64::from_be_bytes(*number))
    }

    pub(super) fn flag(&mut self) -> Option<bool> {
        let (flag, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*flag != 0)
    }

    pub(super) fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.number()?).ok()?;
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }

    pub(super) fn name(&mut self) -> Option<ShortString> {
        ShortString::try_new(str::from_utf8(self.bytes()?).ok()?).ok()
    }

    pub(super) fn table(&mut self) -> Option<FieldTable> {
        parse_field_table(self.bytes()?)
            .ok()
            .map(|(_, table)| table)
    }
}
