//! The rules, one file each: its page, its finding, its check.

pub(crate) mod case_int_range;
pub(crate) mod case_not_integer;
pub(crate) mod case_type_unsupported;
pub(crate) mod connection_not_single;
pub(crate) mod map_duplicate_key;
pub(crate) mod map_missing_field;
pub(crate) mod map_syntax;
pub(crate) mod map_unknown_field;
pub(crate) mod map_wrong_type;
pub(crate) mod no_services;
pub(crate) mod plaintext_secret;
pub(crate) mod port_invalid;
pub(crate) mod response_not_json;
pub(crate) mod secret_ref_malformed;

use crate::{check::Facts, diagnostic::Findings};
use crate::{
    diagnostic::{Finding, Label},
    rule::{Example, Persona, Rule, Severity},
    source::Span,
};

/// The rules that look at a system as a whole; the others speak up while it is read.
pub(crate) const CHECKS: &[fn(&Facts<'_>, &mut Findings)] = &[];
