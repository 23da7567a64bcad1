//! What the editor asks, answered by what is known.

mod completion;
mod now;

use std::{path::Path, sync::Arc};

use lsp_server::ErrorCode;
use lsp_types::{
    CodeAction, CodeActionKind, CodeActionOrCommand, CodeActionParams, CodeActionResponse,
    GotoDefinitionParams, GotoDefinitionResponse, Hover, HoverContents, HoverParams, Location,
    MarkupContent, MarkupKind, PrepareRenameResponse, Range, ReferenceParams, RenameParams,
    TextDocumentPositionParams, WorkspaceEdit,
};
use slingshot_topology::{
    Diagnostic as Finding, Fix, Safety, SourceFile,
    language::{self, Mention, Moved, Role},
    read_json, read_toml,
};

use self::now::Places;
use super::{
    analysis::Analysed,
    client::Client,
    documents::Documents,
    edits::workspace_edit,
    findings,
    places::{Lines, path_of},
};

/// More places than this are no answer to a person.
const MOST_PLACES: usize = 10_000;

/// Why a request has no answer.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) code: ErrorCode,
    pub(super) message: String,
}

impl Refused {
    fn because(message: impl Into<String>) -> Self {
        Self {
            code: ErrorCode::RequestFailed,
            message: message.into(),
        }
    }
}

/// What answers are made of.
#[derive(Debug)]
pub(super) struct Answers<'s> {
    pub(super) client: &'s Client,
    pub(super) documents: &'s Documents,
    pub(super) analysed: &'s [Arc<Analysed>],
}

/// The names at the place that a request is about, in one of the systems.
struct Here<'s> {
    analysed: &'s Analysed,
    mentions: Vec<&'s Mention>,
    byte: usize,
    path: String,
}

impl<'s> Answers<'s> {
    pub(super) fn definition(
        &self,
        parameters: &GotoDefinitionParams,
    ) -> Option<GotoDefinitionResponse> {
        let mut places = Places::of(self);
        let mut found = Vec::new();
        for here in self.here(&parameters.text_document_position_params) {
            for mention in &here.mentions {
                let targets = here.analysed.index.targets(mention);
                found.extend(targets.iter().filter_map(|it| places.location(&it.span)));
            }
        }
        found.truncate(MOST_PLACES);
        dedup(&mut found);
        (!found.is_empty()).then_some(GotoDefinitionResponse::Array(found))
    }

    pub(super) fn references(&self, parameters: &ReferenceParams) -> Option<Vec<Location>> {
        let mut places = Places::of(self);
        let mut found = Vec::new();
        let all = parameters.context.include_declaration;
        for here in self.here(&parameters.text_document_position) {
            for mention in &here.mentions {
                let same = here.analysed.index.places(&mention.symbol);
                let wanted = same.filter(|it| all || it.role == Role::Used);
                let wanted = wanted.take(MOST_PLACES);
                found.extend(wanted.filter_map(|it| places.location(&it.span)));
            }
        }
        dedup(&mut found);
        (!found.is_empty()).then_some(found)
    }

    pub(super) fn hover(&self, parameters: &HoverParams) -> Option<Hover> {
        let here = self.here(&parameters.text_document_position_params);
        let mut texts = Vec::new();
        let mut range = None;
        for Here {
            analysed, mentions, ..
        } in &here
        {
            for mention in mentions {
                let Analysed {
                    index,
                    system,
                    code,
                    ..
                } = analysed;
                texts.extend(language::hover(index, system, code, mention));
                range = range.or_else(|| Some(Places::of(self).location(&mention.span)?.range));
            }
        }
        let contents = HoverContents::Markup(MarkupContent {
            kind: MarkupKind::Markdown,
            value: texts.join("\n\n---\n\n"),
        });
        (!texts.is_empty()).then_some(Hover { contents, range })
    }

    pub(super) fn prepare_rename(
        &self,
        parameters: &TextDocumentPositionParams,
    ) -> Result<Option<PrepareRenameResponse>, Refused> {
        let here = self.here(parameters);
        let Some((here, mention)) = first(&here) else {
            return Ok(None);
        };
        let range =
            language::renamable(mention).map_err(|error| Refused::because(error.to_string()))?;
        let span = mention.span.file.span(range);
        let location = Places::of(self).location(&span);
        let range = location.ok_or_else(|| stale(here.analysed))?.range;
        Ok(Some(PrepareRenameResponse::RangeWithPlaceholder {
            range,
            placeholder: mention.symbol.name(),
        }))
    }

    pub(super) fn rename(
        &self,
        parameters: &RenameParams,
    ) -> Result<Option<WorkspaceEdit>, Refused> {
        let here = self.here(&parameters.text_document_position);
        let Some((here, mention)) = first(&here) else {
            return Ok(None);
        };
        let analysed = here.analysed;
        if !analysed.is_current {
            return Err(stale(analysed));
        }
        let is_toml = analysed.is_toml();
        let read = |file: &Arc<SourceFile>| {
            if is_toml {
                read_toml(file)
            } else {
                read_json(file)
            }
        };
        let (index, symbol) = (&analysed.index, &mention.symbol);
        let edits = language::rename(index, &analysed.map, symbol, &parameters.new_name, read)
            .map_err(|error| Refused::because(error.to_string()))?;
        let edit = workspace_edit(&edits, self.documents, self.client);
        edit.map(Some).ok_or_else(|| stale(analysed))
    }

    pub(super) fn code_actions(&self, parameters: &CodeActionParams) -> CodeActionResponse {
        let wanted = parameters.context.only.as_ref();
        let is_wanted = wanted.is_none_or(|kinds| {
            let quickfix = CodeActionKind::QUICKFIX;
            kinds.contains(&quickfix) || kinds.contains(&CodeActionKind::EMPTY)
        });
        let Some(path) = path_of(&parameters.text_document.uri).filter(|_| is_wanted) else {
            return Vec::new();
        };
        let shown_path = path.display().to_string();
        let mut actions = Vec::new();
        for analysed in self.analysed {
            let found = findings::in_file(analysed, &shown_path, self.client).into_iter();
            for (finding, diagnostic) in found.filter(|(_, it)| touch(it.range, parameters.range)) {
                let accept = language::accept(finding, &analysed.map);
                let accept = accept.filter(|_| analysed.is_toml());
                for fix in finding.fixes.iter().chain(&accept) {
                    actions.extend(self.action(finding, fix, &diagnostic));
                }
            }
        }
        actions
    }

    fn action(
        &self,
        finding: &Finding,
        fix: &Fix,
        diagnostic: &lsp_types::Diagnostic,
    ) -> Option<CodeActionOrCommand> {
        let edit = workspace_edit(&fix.edits, self.documents, self.client)?;
        let is_first = finding
            .fixes
            .first()
            .is_some_and(|it| it.title == fix.title);
        Some(CodeActionOrCommand::CodeAction(CodeAction {
            title: fix.title.clone(),
            kind: Some(CodeActionKind::QUICKFIX),
            diagnostics: Some(vec![diagnostic.clone()]),
            edit: Some(edit),
            is_preferred: (is_first && fix.safety == Safety::Safe).then_some(true),
            ..CodeAction::default()
        }))
    }

    fn here(&self, parameters: &TextDocumentPositionParams) -> Vec<Here<'s>> {
        let TextDocumentPositionParams {
            text_document,
            position,
        } = parameters;
        let Some(path) = path_of(&text_document.uri) else {
            return Vec::new();
        };
        let Some(text) = self.documents.current(&path) else {
            return Vec::new();
        };
        let byte = Lines::of(&text, self.client.columns).byte(*position);
        let path = path.display().to_string();
        let analysed = self.analysed.iter();
        analysed
            .filter_map(|analysed| {
                let known = analysed.index.file(&path)?;
                let byte = Moved::between(&text, &known.text).byte(byte)?;
                let mentions: Vec<_> = analysed.index.at(&path, byte).collect();
                (!mentions.is_empty()).then(|| Here {
                    analysed,
                    mentions,
                    byte,
                    path: path.clone(),
                })
            })
            .collect()
    }
}

/// One place may name several things, and what is renamed is the first of them that can be.
fn first<'h, 's>(here: &'h [Here<'s>]) -> Option<(&'h Here<'s>, &'s Mention)> {
    let all = || {
        let mentions = here.iter().map(|here| (here, here.mentions.iter()));
        mentions.flat_map(|(here, mentions)| mentions.map(move |it| (here, *it)))
    };
    let mut renamable = all().filter(|(_, mention)| language::renamable(mention).is_ok());
    renamable.next().or_else(|| all().next())
}

fn stale(analysed: &Analysed) -> Refused {
    let map = Path::new(&analysed.map.path);
    let name = map.file_name().unwrap_or_default().to_string_lossy();
    Refused::because(format!(
        "{name} or the code beside it cannot be read as it is: mend that first"
    ))
}

fn touch(one: Range, other: Range) -> bool {
    one.start <= other.end && other.start <= one.end
}

fn dedup(found: &mut Vec<Location>) {
    let by = |location: &Location| (location.uri.as_str().to_owned(), location.range.start);
    found.sort_by_key(by);
    found.dedup();
}
