//! Typed access to declared tables: what is missing, of another type or unknown is reported here.

use std::{ops::Range, sync::Arc};

use super::{
    place::{Place, SYSTEM_FILE},
    policy::NOTE,
};
use crate::{
    check::Wanted,
    diagnostic::{Findings, did_you_mean},
    document::{Entry, Node, Value},
    rules::{
        connection_not_single::ConnectionNotSingle, map_missing_field::MapMissingField,
        map_unknown_field::MapUnknownField, map_wrong_type::MapWrongType,
    },
    source::{SourceFile, Span, Spanned},
    system::{Ignore, Places},
};

/// Which of the two ways of writing a system is being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// `slingshot.toml`.
    Toml,
    /// The sys-map's own JSON, whose engines hold lists of exactly one value.
    Wire,
}

/// The state of one reading.
pub(super) struct Reader<'f> {
    pub(super) file: &'f Arc<SourceFile>,
    pub(super) form: Form,
    pub(super) findings: Findings,
    /// What notes of a sys-map accept.
    pub(super) notes: Vec<Ignore>,
    complete: bool,
}

/// A table whose keys are known to be legal and single.
pub(super) struct Fields<'n, 't> {
    entries: &'n [Entry<'t>],
    place: Place<'n>,
    at: Range<usize>,
}

impl<'n, 't> Fields<'n, 't> {
    pub(super) fn get(&self, name: &str) -> Option<&'n Entry<'t>> {
        self.entries.iter().find(|entry| entry.key == name)
    }

    /// Where the table is named.
    pub(super) fn at(&self) -> &Range<usize> {
        &self.at
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = &'n Entry<'t>> {
        self.entries.iter()
    }
}

impl<'f> Reader<'f> {
    pub(super) fn new(file: &'f Arc<SourceFile>, form: Form) -> Self {
        Self {
            file,
            form,
            findings: Findings::wanted_by(Wanted::everything()),
            notes: Vec::new(),
            complete: true,
        }
    }

    pub(super) fn incomplete(&mut self) {
        self.complete = false;
    }

    pub(super) fn is_complete(&self) -> bool {
        self.complete
    }

    pub(super) fn span(&self, range: &Range<usize>) -> Span {
        self.file.span(range.clone())
    }

    /// A table of any keys. `at` is where it is named, for what is missing in it.
    pub(super) fn open_table<'n, 't>(
        &mut self,
        node: &'n Node<'t>,
        at: &Range<usize>,
        place: Place<'n>,
    ) -> Option<Fields<'n, 't>> {
        let Value::Table(entries) = &node.value else {
            let expected = match self.form {
                Form::Toml => "a table",
                Form::Wire => "an object",
            };
            self.wrong_type(node, place, expected);
            return None;
        };
        // The parser has reported keys that repeat, and left them out.
        Some(Fields {
            entries,
            place,
            at: at.clone(),
        })
    }

    /// A table of which only the legal keys mean something. In JSON, keys that start with `x-` are
    /// somebody else's notes.
    pub(super) fn fields<'n, 't>(
        &mut self,
        node: &'n Node<'t>,
        at: &Range<usize>,
        place: Place<'n>,
        legal: &'static [&'static str],
    ) -> Option<Fields<'n, 't>> {
        let fields = self.open_table(node, at, place)?;
        for entry in fields.entries() {
            if self.form == Form::Wire && entry.key == NOTE {
                let scope = self.span(&scope_of(at, node));
                let notes = self.ignores(entry, Some(&scope));
                self.notes.extend(notes);
                continue;
            }
            let is_note = self.form == Form::Wire && entry.key.starts_with("x-");
            if !legal.contains(&&*entry.key) && !is_note {
                self.unknown(entry, &fields, legal);
            }
        }
        Some(fields)
    }

    fn unknown(
        &mut self,
        entry: &Entry<'_>,
        fields: &Fields<'_, '_>,
        legal: &'static [&'static str],
    ) {
        let at = self.span(&entry.key_range);
        // A section may have several headers.
        let is_section = matches!(fields.place, Place::Named(SYSTEM_FILE))
            && matches!(entry.node.value, Value::Table(_));
        let meant = did_you_mean(&entry.key, legal.iter().copied())
            .filter(|meant| is_section || fields.get(meant).is_none());
        if meant.is_some() {
            self.incomplete();
        }
        self.findings.push(MapUnknownField {
            field: entry.key.to_string(),
            place: fields.place.to_string(),
            legal,
            meant,
            at,
        });
    }

    /// The places of some fields' values.
    pub(super) fn places(&self, fields: &Fields<'_, '_>, names: &[&'static str]) -> Places {
        let place = |&name: &&'static str| Some((name, self.span(&fields.get(name)?.node.range)));
        Places {
            at: Some(self.span(&fields.at)),
            fields: names.iter().filter_map(place).collect(),
        }
    }

    pub(super) fn entry_fields<'n, 't>(
        &mut self,
        entry: &'n Entry<'t>,
        place: Place<'n>,
        legal: &'static [&'static str],
    ) -> Option<Fields<'n, 't>> {
        self.fields(&entry.node, &entry.key_range, place, legal)
    }

    pub(super) fn required<'n, 't>(
        &mut self,
        fields: &Fields<'n, 't>,
        name: &'static str,
    ) -> Option<&'n Entry<'t>> {
        let entry = fields.get(name);
        if entry.is_none() {
            self.incomplete();
            let at = self.span(&fields.at);
            self.findings.push(MapMissingField {
                field: name,
                place: fields.place.to_string(),
                at,
            });
        }
        entry
    }

    pub(super) fn text(&mut self, fields: &Fields<'_, '_>, name: &str) -> Option<Spanned<String>> {
        let entry = fields.get(name)?;
        self.text_of(&entry.node, Place::Field(name))
    }

    pub(super) fn texts<T: for<'t> From<&'t str>>(
        &mut self,
        fields: &Fields<'_, '_>,
        name: &str,
    ) -> Option<Vec<Spanned<T>>> {
        let entry = fields.get(name)?;
        let items = self.list(&entry.node, Place::Field(name), "a list of strings")?;
        // Exactly as much room: a large map has hundreds of thousands of these lists.
        let mut texts = Vec::with_capacity(items.len());
        for node in items {
            texts.extend(self.text_of(node, Place::ItemOf(name)));
        }
        Some(texts)
    }

    pub(super) fn text_of<T: for<'t> From<&'t str>>(
        &mut self,
        node: &Node<'_>,
        place: Place<'_>,
    ) -> Option<Spanned<T>> {
        if let Value::Text(text) = &node.value {
            return Some(Spanned::new(T::from(text), self.span(&node.range)));
        }
        self.wrong_type(node, place, "a string");
        None
    }

    pub(super) fn list<'n, 't>(
        &mut self,
        node: &'n Node<'t>,
        place: Place<'_>,
        expected: &'static str,
    ) -> Option<&'n [Node<'t>]> {
        if let Value::List(items) = &node.value {
            return Some(items);
        }
        self.wrong_type(node, place, expected);
        None
    }

    /// The value of an engine's field: on the wire, the only item of a list.
    pub(super) fn single<'n, 't>(
        &mut self,
        entry: &'n Entry<'t>,
        name: &'static str,
    ) -> Option<&'n Node<'t>> {
        if self.form == Form::Toml {
            return Some(&entry.node);
        }
        match self.list(
            &entry.node,
            Place::Field(name),
            "a list of exactly one value",
        )? {
            [value] => Some(value),
            values => {
                let found = values.len();
                let at = self.span(&entry.node.range);
                self.incomplete();
                self.findings.push(ConnectionNotSingle {
                    field: name,
                    found,
                    at,
                });
                None
            }
        }
    }

    pub(super) fn wrong_type(&mut self, node: &Node<'_>, place: Place<'_>, expected: &'static str) {
        self.incomplete();
        let at = self.span(&node.range);
        self.findings.push(MapWrongType {
            place: place.to_string(),
            expected,
            found: node.value.kind(),
            at,
        });
    }
}

/// A table with the key that names it.
fn scope_of(named_at: &Range<usize>, node: &Node<'_>) -> Range<usize> {
    named_at.start.min(node.range.start)..node.range.end
}
