//! Typed access to declared tables: what is missing, of another type or unknown is reported here.

use std::{collections::HashMap, ops::Range, sync::Arc};

use crate::{
    diagnostic::Findings,
    document::{Entry, Node, Value},
    rules::{
        connection_not_single::ConnectionNotSingle, map_duplicate_key::MapDuplicateKey,
        map_missing_field::MapMissingField, map_unknown_field::MapUnknownField,
        map_wrong_type::MapWrongType,
    },
    source::{SourceFile, Span, Spanned},
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
    complete: bool,
}

/// A table whose keys are known to be legal and single.
pub(super) struct Fields<'n, 't> {
    entries: Vec<&'n Entry<'t>>,
    place: String,
    at: Range<usize>,
}

impl<'n, 't> Fields<'n, 't> {
    pub(super) fn get(&self, name: &str) -> Option<&'n Entry<'t>> {
        self.entries.iter().find(|entry| entry.key == name).copied()
    }

    /// Where the table is named.
    pub(super) fn at(&self) -> &Range<usize> {
        &self.at
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = &'n Entry<'t>> {
        self.entries.iter().copied()
    }
}

impl<'f> Reader<'f> {
    pub(super) fn new(file: &'f Arc<SourceFile>, form: Form) -> Self {
        Self {
            file,
            form,
            findings: Findings::default(),
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
        place: &str,
    ) -> Option<Fields<'n, 't>> {
        let Value::Table(entries) = &node.value else {
            self.wrong_type(node, place, "a table");
            return None;
        };
        let mut kept = Vec::with_capacity(entries.len());
        let mut seen = HashMap::with_capacity(entries.len());
        for entry in entries {
            if let Some(first) = seen.insert(&*entry.key, &entry.key_range) {
                let (first, again) = (self.span(first), self.span(&entry.key_range));
                self.incomplete();
                self.findings.push(MapDuplicateKey {
                    key: entry.key.to_string(),
                    first: Some(first),
                    again,
                });
            } else {
                kept.push(entry);
            }
        }
        Some(Fields {
            entries: kept,
            place: place.to_owned(),
            at: at.clone(),
        })
    }

    /// A table of which only the legal keys mean something. In JSON, keys that start with `x-` are
    /// somebody else's notes.
    pub(super) fn fields<'n, 't>(
        &mut self,
        node: &'n Node<'t>,
        at: &Range<usize>,
        place: &str,
        legal: &'static [&'static str],
    ) -> Option<Fields<'n, 't>> {
        let fields = self.open_table(node, at, place)?;
        for entry in fields.entries() {
            let is_note = self.form == Form::Wire && entry.key.starts_with("x-");
            if !legal.contains(&&*entry.key) && !is_note {
                let at = self.span(&entry.key_range);
                self.findings.push(MapUnknownField {
                    field: entry.key.to_string(),
                    place: place.to_owned(),
                    legal,
                    at,
                });
            }
        }
        Some(fields)
    }

    pub(super) fn entry_fields<'n, 't>(
        &mut self,
        entry: &'n Entry<'t>,
        place: &str,
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
                place: fields.place.clone(),
                at,
            });
        }
        entry
    }

    pub(super) fn text(&mut self, fields: &Fields<'_, '_>, name: &str) -> Option<Spanned<String>> {
        let entry = fields.get(name)?;
        self.text_of(&entry.node, &format!("`{name}`"))
    }

    pub(super) fn texts(
        &mut self,
        fields: &Fields<'_, '_>,
        name: &str,
    ) -> Option<Vec<Spanned<String>>> {
        let entry = fields.get(name)?;
        let place = format!("`{name}`");
        let items = self.list(&entry.node, &place, "a list of strings")?;
        let item = format!("an item of {place}");
        Some(
            items
                .iter()
                .filter_map(|node| self.text_of(node, &item))
                .collect(),
        )
    }

    pub(super) fn text_of(&mut self, node: &Node<'_>, place: &str) -> Option<Spanned<String>> {
        if let Value::Text(text) = &node.value {
            return Some(Spanned::new(text.to_string(), self.span(&node.range)));
        }
        self.wrong_type(node, place, "a string");
        None
    }

    pub(super) fn list<'n, 't>(
        &mut self,
        node: &'n Node<'t>,
        place: &str,
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
        let place = format!("`{name}`");
        match self.list(&entry.node, &place, "a list of exactly one value")? {
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

    pub(super) fn wrong_type(&mut self, node: &Node<'_>, place: &str, expected: &'static str) {
        self.incomplete();
        let at = self.span(&node.range);
        self.findings.push(MapWrongType {
            place: place.to_owned(),
            expected,
            found: node.value.kind(),
            at,
        });
    }
}
