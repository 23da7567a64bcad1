//! What the project's sources say, in the words of the rules: the one place where the scan of
//! `slingshot-syntax` becomes the `Code` of `slingshot-topology`.

mod python;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use slingshot_syntax::{
    CaseLiteral, HandlerKind,
    scan::{
        self, CaseSet, FoundCall, FoundCase, FoundKey, FoundSend, FoundType, HandlerScan, OpenCase,
        Place, Registered, Remark, ServiceScan, resolve,
    },
};
use slingshot_topology::{
    BusCall, CaseType, CaseValue, Cases, Code, CodeHandler, CodeService, CodeSettings, Process,
    SourceFile, Span, Spanned, Unseen,
};

use crate::{
    exit::Failure,
    sources::{self, Texts},
};

/// The sources of a project, scanned.
#[derive(Debug, Default)]
pub(crate) struct ScannedCode {
    /// What the rules look at.
    pub(crate) code: Code,
    /// What the scan could not see and the rules say nothing of.
    pub(crate) unseen: Vec<String>,
    /// The files that could not be looked at at all, and why.
    pub(crate) unread: Vec<String>,
    /// Whether any of that may be services or handlers.
    hides_annotations: bool,
}

impl ScannedCode {
    /// Scans every package of the project in `directory`, and these scripts; `None` if there is neither. Paths are
    /// shown relative to `base`.
    ///
    /// # Errors
    ///
    /// If a source that exists cannot be read.
    pub(crate) fn of(
        directory: &Path,
        scripts: &[PathBuf],
        base: &Path,
        texts: &dyn Texts,
    ) -> Result<Option<Self>, Failure> {
        let found = sources::packages(directory, base, texts)?;
        if found.packages.is_empty() && found.unread.is_empty() && scripts.is_empty() {
            return Ok(None);
        }
        let mut scanned = Self {
            hides_annotations: !found.unread.is_empty(),
            unread: found.unread.into_iter().chain(found.too_deep).collect(),
            ..Self::default()
        };
        for package in found.packages {
            scanned.add(package);
        }
        scanned.add_scripts(scripts, base, texts)?;
        let code = &mut scanned.code;
        code.services
            .sort_by(|one, other| (&one.name, one.at.start).cmp(&(&other.name, other.at.start)));
        code.handlers
            .sort_by(|one, other| (&one.name, one.at.start).cmp(&(&other.name, other.at.start)));
        code.is_complete = code.refused.is_empty() && !scanned.hides_annotations;
        Ok(Some(scanned))
    }

    fn add(&mut self, package: sources::Package) {
        let (mut files, mut scans, mut processes) = (Vec::new(), Vec::new(), Vec::new());
        for file in package.files {
            files.push(file.text);
            scans.push(file.scan);
            processes.push(file.processes);
        }
        let processes = |file: usize| processes.get(file).cloned().unwrap_or_default();
        let shown = |file: &Arc<SourceFile>, remark: &Remark| {
            let Remark { at, message } = remark;
            format!("{}:{}:{}: {message}", file.path, at.line, at.column)
        };
        for (file, scan) in files.iter().zip(&scans) {
            let remarks = |remarks: &[Remark]| -> Vec<String> {
                remarks.iter().map(|remark| shown(file, remark)).collect()
            };
            let refused = scan.mistakes.iter();
            self.code.refused.extend(
                refused.map(|Remark { at, message }| Spanned::new(message.clone(), span(file, at))),
            );
            self.unseen.extend(remarks(&scan.unseen));
            let left_out = scan.left_out.iter();
            self.unread
                .extend(left_out.map(|remark| shown(file, remark)));
            self.hides_annotations |= !scan.unseen.is_empty() || scan.left_out.is_some();
        }
        let unseen = |remarks: &[(usize, Remark)]| -> Vec<String> {
            let remarks = remarks.iter();
            remarks
                .filter_map(|(file, remark)| Some(shown(files.get(*file)?, remark)))
                .collect()
        };
        let found = resolve(&scans);
        for service in found.services {
            self.unseen.extend(unseen(&service.unseen_cases));
            self.add_unseen(&service.unseen, &service.declared.name, &files);
            let code = code_service(&service, &files, processes(service.file));
            self.code.services.extend(code);
        }
        self.unseen.extend(unseen(&found.unseen));
        self.hides_annotations |= !found.unseen.is_empty();
        for registered in &found.registered {
            add_registered(&mut self.code, registered, &files);
        }
        for handler in found.handlers {
            self.add_unseen(&handler.unseen, &handler.declared.name, &files);
            let code = code_handler(&handler, &files, processes(handler.file));
            self.code.handlers.extend(code);
        }
    }

    /// What a service or a handler does unseen.
    fn add_unseen(&mut self, found: &[scan::Unseen], of: &str, files: &[Arc<SourceFile>]) {
        for found in found {
            let Some(file) = files.get(found.file) else {
                continue;
            };
            self.push_unseen(Unseen {
                at: span(file, &found.remark.at),
                what: found.remark.message.clone(),
                of: Some(of.to_owned()),
                help: found.help.to_owned(),
            });
        }
    }

    fn push_unseen(&mut self, unseen: Unseen) {
        // Two scripts may import one file.
        if !self.code.unseen.contains(&unseen) {
            self.code.unseen.push(unseen);
        }
    }
}

fn code_service(
    service: &ServiceScan,
    files: &[Arc<SourceFile>],
    processes: Vec<Process>,
) -> Option<CodeService> {
    let key = |key: &FoundKey| {
        Some(Spanned::new(
            key.key.clone(),
            span(files.get(key.file)?, &key.at),
        ))
    };
    let keys = |found: &[FoundKey]| found.iter().filter_map(key).collect();
    let repeats = service.reads.iter().chain(&service.writes).flat_map(|key| {
        let repeats = key.repeats.iter();
        repeats.filter_map(|(file, at)| {
            let at = span(files.get(*file)?, at);
            Some(Spanned::new(key.key.clone(), at))
        })
    });
    let own_keys = |found: &[FoundKey]| {
        let own = found.iter().filter(|found| found.is_own_id);
        own.filter_map(key).collect()
    };
    let case = |found: &FoundCase| {
        Some(Spanned::new(
            case_value(&found.case),
            span(files.get(found.file)?, &found.at),
        ))
    };
    Some(CodeService {
        name: service.declared.name.clone(),
        at: span(files.get(service.file)?, &service.declared.name_at),
        cases: match &service.cases {
            CaseSet::Closed(cases) => Cases::Closed(cases.iter().filter_map(case).collect()),
            CaseSet::Open(types) => Cases::Open(open_types(types.as_deref(), files)),
        },
        uncertain: match &service.cases {
            CaseSet::Closed(cases) => {
                let uncertain = cases.iter().filter(|case| case.is_conditional);
                uncertain.map(|found| case_value(&found.case)).collect()
            }
            CaseSet::Open(_) => Vec::new(),
        },
        is_conditional: service.declared.is_conditional,
        processes,
        reads: keys(&service.reads),
        writes: keys(&service.writes),
        own_reads: own_keys(&service.reads),
        own_writes: own_keys(&service.writes),
        repeats: repeats.collect(),
        are_keys_known: !service.hides_keys,
        calls: bus_calls(&service.calls, files),
        sends: sends(&service.sends, files),
        settings: CodeSettings {
            replicas: service.declared.replicas,
            timeout: service.declared.timeout,
            connection: service.declared.connection,
            deduplicates: service.declared.deduplicates,
        },
    })
}

/// What a call makes: its name is known, and nothing else.
fn add_registered(code: &mut Code, registered: &Registered, files: &[Arc<SourceFile>]) {
    let Some(file) = files.get(registered.file) else {
        return;
    };
    let (name, at) = (registered.name.clone(), span(file, &registered.at));
    match registered.made.handler_kind(&name) {
        Some(kind) => code.handlers.push(CodeHandler {
            name,
            at,
            is_on_bus: kind == HandlerKind::Request,
            // The call may stand in a branch.
            is_conditional: true,
            processes: Vec::new(),
            calls: Vec::new(),
            sends: Vec::new(),
        }),
        None => code.services.push(CodeService {
            is_conditional: true,
            ..CodeService::named(name, at)
        }),
    }
}

fn code_handler(
    handler: &HandlerScan,
    files: &[Arc<SourceFile>],
    processes: Vec<Process>,
) -> Option<CodeHandler> {
    let declared = &handler.declared;
    Some(CodeHandler {
        name: declared.name.clone(),
        at: span(files.get(handler.file)?, &declared.name_at),
        is_on_bus: declared.kind == HandlerKind::Request,
        is_conditional: declared.is_conditional,
        processes,
        calls: bus_calls(&handler.calls, files),
        sends: sends(&handler.sends, files),
    })
}

fn bus_calls(calls: &[FoundCall], files: &[Arc<SourceFile>]) -> Vec<BusCall> {
    let call = |call: &FoundCall| {
        let at = span(files.get(call.file)?, &call.at);
        Some(BusCall {
            handler: Spanned::new(call.handler.clone(), at),
            awaits: call.awaits,
        })
    };
    calls.iter().filter_map(call).collect()
}

fn sends(sends: &[FoundSend], files: &[Arc<SourceFile>]) -> Vec<Spanned<String>> {
    let send = |send: &FoundSend| {
        let at = span(files.get(send.file)?, &send.at);
        Some(Spanned::new(send.service.clone(), at))
    };
    sends.iter().filter_map(send).collect()
}

fn open_types(types: Option<&[FoundType]>, files: &[Arc<SourceFile>]) -> Vec<Spanned<CaseType>> {
    let each = types.unwrap_or_default().iter();
    each.filter_map(|found| {
        let kind = match found.kind {
            OpenCase::Text => CaseType::Text,
            OpenCase::Signed => CaseType::Signed,
            OpenCase::Unsigned => CaseType::Unsigned,
        };
        Some(Spanned::new(kind, span(files.get(found.file)?, &found.at)))
    })
    .collect()
}

fn case_value(literal: &CaseLiteral) -> CaseValue {
    match literal {
        CaseLiteral::Bool(value) => CaseValue::Bool(*value),
        CaseLiteral::Integer(value) => CaseValue::Integer(*value),
        CaseLiteral::Text(value) => CaseValue::Text(value.clone().into()),
    }
}

fn span(file: &Arc<SourceFile>, place: &Place) -> Span {
    file.span(place.bytes.clone())
}
