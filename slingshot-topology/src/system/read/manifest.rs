//! What a binary says about itself: `slingshot describe`, or a file of that form that somebody wrote for a
//! service in another language. Fields that only a newer version writes are passed over.

use std::sync::Arc;

use super::{
    fields::{Fields, Form, Reader},
    finish::{finish, web_page},
    place::Place,
};
use crate::{
    code::{Cases, Code, CodeHandler, CodeService},
    diagnostic::Diagnostic,
    document::{self, Value},
    rules::schema_unsupported::SchemaUnsupported,
    source::SourceFile,
    system::System,
};

/// The form that this version reads.
pub(crate) const FORMAT_VERSION: i128 = 1;

/// Reads a manifest, as far as it can be understood, with everything that is wrong with it. Its places are
/// in the manifest itself.
pub fn read_manifest(file: &Arc<SourceFile>) -> (Code, Vec<Diagnostic>) {
    let mut code = Code::default();
    if let Some((_, found)) = web_page(file) {
        return (code, found);
    }
    let parsed = document::parse_json(&file.text);
    let mut reader = Reader::new(file, Form::Wire);
    if let Some(root) = reader.open_table(&parsed.root, &(0..0), Place::Named("the manifest"))
        && reader.is_of_this_version(&root)
    {
        reader.required(&root, "services");
        let services = reader.each(&root, "services", Reader::code_service);
        code.services = services.unwrap_or_default();
        let handlers = reader.each(&root, "handlers", Reader::code_handler);
        code.handlers = handlers.unwrap_or_default();
    }
    let (system, found) = finish(reader, System::default(), &parsed.errors, &parsed.damaged);
    code.is_complete = system.complete;
    (code, found)
}

impl Reader<'_> {
    fn is_of_this_version(&mut self, root: &Fields<'_, '_>) -> bool {
        let Some(version) = self.required(root, "format_version") else {
            return true;
        };
        let node = &version.node;
        let Value::Integer(version) = &node.value else {
            self.wrong_type(node, Place::Field("format_version"), "a whole number");
            return true;
        };
        if **version <= FORMAT_VERSION {
            return true;
        }
        self.incomplete();
        let at = self.span(&node.range);
        self.findings.push(SchemaUnsupported {
            version: **version,
            at,
        });
        false
    }

    fn code_service(&mut self, fields: &Fields<'_, '_>) -> Option<CodeService> {
        let cases = self.cases(fields);
        let reads = self.texts(fields, "reads").unwrap_or_default();
        let writes = self.texts(fields, "writes").unwrap_or_default();
        let name = self.named(fields, "name")?;
        Some(CodeService {
            cases: cases?,
            reads,
            writes,
            // A manifest may be of several binaries, and does not say which of the ids it is, nor whether more keys
            // are computed. What they run with is theirs to keep: the rules of capacity look at the map for it.
            ..CodeService::named(name.value, name.span)
        })
    }

    /// A manifest that leaves them out, or says `null`, leaves them open.
    fn cases(&mut self, fields: &Fields<'_, '_>) -> Option<Cases> {
        let Some(entry) = fields.get("cases") else {
            return Some(Cases::Open(Vec::new()));
        };
        if let Value::Null = entry.node.value {
            return Some(Cases::Open(Vec::new()));
        }
        let cases = self.list(
            &entry.node,
            Place::Field("cases"),
            "a list of cases, or null",
        )?;
        let cases = cases.iter().map(|node| self.case(node));
        Some(Cases::Closed(cases.collect::<Option<_>>()?))
    }

    fn code_handler(&mut self, fields: &Fields<'_, '_>) -> Option<CodeHandler> {
        let kind = self.text(fields, "kind");
        let name = self.named(fields, "name")?;
        Some(CodeHandler {
            name: name.value,
            at: name.span,
            is_on_bus: kind.is_none_or(|kind| kind.value == "request"),
            is_conditional: false,
            processes: Vec::new(),
            calls: Vec::new(),
            sends: Vec::new(),
        })
    }
}
