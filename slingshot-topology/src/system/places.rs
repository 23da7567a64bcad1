//! Where the fields of a table were written, for those whose values go without their places.

use crate::source::Span;

/// A table's own place, and those of its fields' values.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// Where the table is named.
    pub(super) at: Option<Span>,
    /// The fields that were written; no more than there are legal ones.
    pub(super) fields: Vec<(&'static str, Span)>,
}

impl Places {
    /// The place of a field's value, if it was written.
    pub fn field(&self, name: &str) -> Option<&Span> {
        let mut fields = self.fields.iter();
        fields
            .find(|(field, _)| *field == name)
            .map(|(_, span)| span)
    }

    /// The place of a field's value, else the place where the table is named.
    pub fn nearest(&self, name: &str) -> Option<&Span> {
        self.field(name).or(self.at.as_ref())
    }
}
