//! The sys-map: its model, its graph, and the rules that prove it.
//!
//! Everything here is pure. No function reads a file, a clock, the environment or the network;
//! analysis returns its result together with every diagnostic, and the same input gives the same
//! bytes.

mod assertions;
mod awaits;
mod case;
mod check;
mod code;
mod definitions;
mod diagnostic;
mod dialect;
pub mod diff;
mod document;
pub mod export;
mod facts;
mod fix;
mod format;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
pub mod graph;
mod hashing;
mod host;
pub mod language;
mod layout;
mod loose;
mod pages;
mod queues;
pub mod render;
mod repeats;
mod rule;
mod rules;
mod schema;
mod secret;
pub mod select;
pub mod simulate;
mod source;
mod spelling;
mod steps;
pub mod sys_map;
mod system;
mod timespan;
mod traffic;
mod wiring;

pub use assertions::{
    RouteTest, RouteTests, Start, TestOutcome, run_tests, tests_json, tests_junit, tests_text,
};
pub use case::CaseValue;
pub use check::{
    Accepted, Baseline, BaselineError, Inputs, Policy, Report, Suppressed, Suppression, check,
};
pub use code::{
    BusCall, CaseType, Cases, Code, CodeHandler, CodeService, CodeSettings, Process, Unseen,
};
pub use definitions::{
    Argument, ArgumentValue, Binding, BrokerExchange, BrokerPolicy, BrokerQueue, Definitions,
    Permission, Vhost,
};
pub use diagnostic::{Diagnostic, Edit, Fix, Label, Safety, did_you_mean};
pub use fix::{FixMade, Fixed, FixedFile, fix};
pub use format::{format_json, format_toml};
pub use pages::{Page, pages};
pub use queues::{NeededQueue, Role};
pub use rule::{Confidence, Example, Family, Persona, Rule, Severity};
pub use rules::{RULES, explain};
pub use schema::{SCHEMAS, Schema};
pub use secret::{SecretReference, SecretReferenceError};
pub use select::Selection;
pub use source::{Position, SourceFile, Span, Spanned};
pub use system::{
    Answer, Boundary, Bucket, Bus, Date, DeniedEdge, Group, Http, HttpTls, Ignore, Level, Name,
    Places, QueueType, Rate, RequiredHop, Route, RuleLevel, SavedAnswer, Service, System,
    is_sys_map, read_answers, read_definitions, read_json, read_manifest, read_tests, read_toml,
};
