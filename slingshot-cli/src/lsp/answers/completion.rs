//! What could stand where somebody writes: names that are known, and the fields of a `slingshot.toml`.

use std::sync::Arc;

use lsp_types::{
    CompletionItem, CompletionItemKind, CompletionParams, CompletionResponse, CompletionTextEdit,
    Range, TextDocumentPositionParams, TextEdit,
};
use slingshot_topology::language::{self, Completion};

use super::{
    super::places::{Lines, path_of},
    Analysed, Answers,
    now::Places,
};
use crate::project::SYSTEM_FILE;

impl Answers<'_> {
    pub(in super::super) fn completion(
        &self,
        parameters: &CompletionParams,
    ) -> Option<CompletionResponse> {
        let mut items = Vec::new();
        for here in self.here(&parameters.text_document_position) {
            let Analysed {
                index,
                system,
                code,
                ..
            } = here.analysed;
            let file = Arc::clone(&here.mentions.first()?.span.file);
            for found in language::complete(index, system, code, &here.path, here.byte) {
                let at = Places::of(self).location(&file.span(found.range))?;
                items.push(CompletionItem {
                    label: found.text.clone(),
                    kind: Some(CompletionItemKind::VALUE),
                    detail: Some(found.detail),
                    text_edit: Some(CompletionTextEdit::Edit(TextEdit {
                        range: at.range,
                        new_text: found.text,
                    })),
                    ..CompletionItem::default()
                });
            }
        }
        if items.is_empty() {
            items = self.by_text(&parameters.text_document_position);
        }
        (!items.is_empty()).then_some(CompletionResponse::Array(items))
    }

    /// The fields of a `slingshot.toml` and their values, by the text alone.
    fn by_text(&self, parameters: &TextDocumentPositionParams) -> Vec<CompletionItem> {
        let path = path_of(&parameters.text_document.uri);
        let path = path.filter(|path| path.ends_with(SYSTEM_FILE));
        let Some(text) = path.and_then(|path| self.documents.current(&path)) else {
            return Vec::new();
        };
        let lines = Lines::of(&text, self.client.columns);
        let byte = lines.byte(parameters.position);
        let fields = language::fields(&text, byte).into_iter();
        let values = language::values(&text, byte).into_iter();
        let all = fields
            .map(|found| (found, CompletionItemKind::FIELD))
            .chain(values.map(|found| (found, CompletionItemKind::ENUM_MEMBER)));
        let item = |(found, kind): (Completion, _)| CompletionItem {
            label: found.text.clone(),
            kind: Some(kind),
            detail: Some(found.detail),
            text_edit: Some(CompletionTextEdit::Edit(TextEdit {
                range: Range::new(
                    lines.position(found.range.start),
                    lines.position(found.range.end),
                ),
                new_text: found.text,
            })),
            ..CompletionItem::default()
        };
        all.map(item).collect()
    }
}
