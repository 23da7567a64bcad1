//! Which answer a request is for.

use lsp_server::{ErrorCode, Request};
use lsp_types::request::{
    CodeActionRequest, Completion, GotoDefinition, HoverRequest, PrepareRenameRequest, References,
    Rename, Request as _,
};
use serde::{Serialize, de::DeserializeOwned};

use super::super::answers::{Answers, Refused};

pub(super) fn answered(
    answers: &Answers<'_>,
    request: Request,
) -> Result<serde_json::Value, Refused> {
    let Request { method, params, .. } = request;
    match &*method {
        GotoDefinition::METHOD => value(answers.definition(&asked(params)?)),
        References::METHOD => value(answers.references(&asked(params)?)),
        HoverRequest::METHOD => value(answers.hover(&asked(params)?)),
        PrepareRenameRequest::METHOD => value(answers.prepare_rename(&asked(params)?)?),
        Rename::METHOD => value(answers.rename(&asked(params)?)?),
        CodeActionRequest::METHOD => value(answers.code_actions(&asked(params)?)),
        Completion::METHOD => value(answers.completion(&asked(params)?)),
        _ => Err(Refused {
            code: ErrorCode::MethodNotFound,
            message: format!("there is no `{method}` here"),
        }),
    }
}

fn asked<P: DeserializeOwned>(parameters: serde_json::Value) -> Result<P, Refused> {
    serde_json::from_value(parameters).map_err(|error| Refused {
        code: ErrorCode::InvalidParams,
        message: error.to_string(),
    })
}

fn value(result: impl Serialize) -> Result<serde_json::Value, Refused> {
    serde_json::to_value(result).map_err(|error| Refused {
        code: ErrorCode::InternalError,
        message: error.to_string(),
    })
}
