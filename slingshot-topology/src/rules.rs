//! The rules, one file each: its page, its finding, its check.

mod bucket_key_illegal;
mod bucket_key_unresolved;
mod bucket_reply_malformed;
mod bus_call_cycle;
mod bus_handler_unknown;
mod case_bool_incomplete;
mod case_duplicate;
mod case_empty_string;
pub(crate) mod case_int_range;
pub(crate) mod case_lookalike;
mod case_mixed_types;
mod case_near_duplicate;
mod case_never_emitted;
pub(crate) mod case_not_integer;
mod case_order_significant;
mod case_queue_twice;
mod case_quoted_scalar;
pub(crate) mod case_type_unsupported;
mod case_unmapped;
mod cases_indistinct;
pub(crate) mod connection_not_single;
mod cycle_no_exit;
mod cycle_with_exit;
mod dead_end;
mod declared_unknown;
mod diamond_duplicate;
mod fanout_degree;
mod handler_duplicate;
mod inbound_shared;
mod islands;
pub(crate) mod map_duplicate_key;
pub(crate) mod map_missing_field;
pub(crate) mod map_syntax;
pub(crate) mod map_unknown_field;
pub(crate) mod map_wrong_type;
mod name_collision_normalised;
mod name_homoglyph;
mod no_services;
mod path_too_long;
pub(crate) mod plaintext_secret;
pub(crate) mod port_invalid;
mod queue_equals_service;
mod queue_name_amq_prefix;
mod queue_name_charset;
mod queue_name_empty;
mod queue_name_invisible;
mod queue_name_too_long;
mod queue_near_miss;
mod queue_no_consumer;
mod queue_no_producer;
pub(crate) mod response_not_json;
pub(crate) mod retry_invalid;
pub(crate) mod secret_ref_malformed;
mod self_loop;
mod service_name_reserved;
mod service_name_style;
mod service_name_unsafe_url;
mod service_unmapped;
mod service_unreachable;
mod service_without_code;
mod single_point;
mod sink_also_consumed;
mod source_also_fed;

#[cfg(test)]
mod tests;

use crate::{
    diagnostic::{Finding, Findings, Label},
    facts::Facts,
    rule::{Example, Persona, Rule, Severity},
    source::Span,
    wiring::Feed,
};

/// The steps of a loop in their order, each at the route that takes it.
fn steps_round(steps: &[&Feed<'_>]) -> Vec<Label> {
    let label = |(feed, number): (&&Feed<'_>, usize)| Label {
        primary: number == 1,
        ..Label::secondary(
            feed.at,
            format!("step {number}, by the case {}", feed.route.case.value),
        )
    };
    steps.iter().zip(1..).map(label).collect()
}

/// Every rule, by name.
pub const RULES: &[&Rule] = &[
    &bucket_key_illegal::RULE,
    &bucket_key_unresolved::RULE,
    &bucket_reply_malformed::RULE,
    &bus_call_cycle::RULE,
    &bus_handler_unknown::RULE,
    &case_bool_incomplete::RULE,
    &case_duplicate::RULE,
    &case_empty_string::RULE,
    &case_int_range::RULE,
    &case_lookalike::RULE,
    &case_mixed_types::RULE,
    &case_near_duplicate::RULE,
    &case_never_emitted::RULE,
    &case_not_integer::RULE,
    &case_order_significant::RULE,
    &case_queue_twice::RULE,
    &case_quoted_scalar::RULE,
    &case_type_unsupported::RULE,
    &case_unmapped::RULE,
    &cases_indistinct::RULE,
    &connection_not_single::RULE,
    &cycle_no_exit::RULE,
    &cycle_with_exit::RULE,
    &dead_end::RULE,
    &declared_unknown::RULE,
    &diamond_duplicate::RULE,
    &fanout_degree::RULE,
    &handler_duplicate::RULE,
    &inbound_shared::RULE,
    &islands::RULE,
    &map_duplicate_key::RULE,
    &map_missing_field::RULE,
    &map_syntax::RULE,
    &map_unknown_field::RULE,
    &map_wrong_type::RULE,
    &name_collision_normalised::RULE,
    &name_homoglyph::RULE,
    &no_services::RULE,
    &path_too_long::RULE,
    &plaintext_secret::RULE,
    &port_invalid::RULE,
    &queue_equals_service::RULE,
    &queue_name_amq_prefix::RULE,
    &queue_name_charset::RULE,
    &queue_name_empty::RULE,
    &queue_name_invisible::RULE,
    &queue_name_too_long::RULE,
    &queue_near_miss::RULE,
    &queue_no_consumer::RULE,
    &queue_no_producer::RULE,
    &response_not_json::RULE,
    &retry_invalid::RULE,
    &secret_ref_malformed::RULE,
    &self_loop::RULE,
    &service_name_reserved::RULE,
    &service_name_style::RULE,
    &service_name_unsafe_url::RULE,
    &service_unmapped::RULE,
    &service_unreachable::RULE,
    &service_without_code::RULE,
    &single_point::RULE,
    &sink_also_consumed::RULE,
    &source_also_fed::RULE,
];

/// Looks at a system as a whole.
type Check = fn(&Facts<'_>, &mut Findings);

/// The rules that look at a system as a whole; the others speak up while it is read.
pub(crate) const CHECKS: &[(&Rule, Check)] = &[
    (&bucket_key_illegal::RULE, bucket_key_illegal::check),
    (&bucket_key_unresolved::RULE, bucket_key_unresolved::check),
    (&bucket_reply_malformed::RULE, bucket_reply_malformed::check),
    (&bus_call_cycle::RULE, bus_call_cycle::check),
    (&bus_handler_unknown::RULE, bus_handler_unknown::check),
    (&case_bool_incomplete::RULE, case_bool_incomplete::check),
    (&case_duplicate::RULE, case_duplicate::check),
    (&case_empty_string::RULE, case_empty_string::check),
    (&case_lookalike::RULE, case_lookalike::check),
    (&case_mixed_types::RULE, case_mixed_types::check),
    (&case_near_duplicate::RULE, case_near_duplicate::check),
    (&case_never_emitted::RULE, case_never_emitted::check),
    (&case_order_significant::RULE, case_order_significant::check),
    (&case_queue_twice::RULE, case_queue_twice::check),
    (&case_quoted_scalar::RULE, case_quoted_scalar::check),
    (&case_unmapped::RULE, case_unmapped::check),
    (&cases_indistinct::RULE, cases_indistinct::check),
    (&cycle_no_exit::RULE, cycle_no_exit::check),
    (&cycle_with_exit::RULE, cycle_with_exit::check),
    (&dead_end::RULE, dead_end::check),
    (&declared_unknown::RULE, declared_unknown::check),
    (&diamond_duplicate::RULE, diamond_duplicate::check),
    (&fanout_degree::RULE, fanout_degree::check),
    (&handler_duplicate::RULE, handler_duplicate::check),
    (&inbound_shared::RULE, inbound_shared::check),
    (&islands::RULE, islands::check),
    (
        &name_collision_normalised::RULE,
        name_collision_normalised::check,
    ),
    (&name_homoglyph::RULE, name_homoglyph::check),
    (&no_services::RULE, no_services::check),
    (&path_too_long::RULE, path_too_long::check),
    (&queue_equals_service::RULE, queue_equals_service::check),
    (&queue_name_amq_prefix::RULE, queue_name_amq_prefix::check),
    (&queue_name_charset::RULE, queue_name_charset::check),
    (&queue_name_empty::RULE, queue_name_empty::check),
    (&queue_name_invisible::RULE, queue_name_invisible::check),
    (&queue_name_too_long::RULE, queue_name_too_long::check),
    (&queue_near_miss::RULE, queue_near_miss::check),
    (&queue_no_consumer::RULE, queue_no_consumer::check),
    (&queue_no_producer::RULE, queue_no_producer::check),
    (&self_loop::RULE, self_loop::check),
    (&service_name_reserved::RULE, service_name_reserved::check),
    (&service_name_style::RULE, service_name_style::check),
    (
        &service_name_unsafe_url::RULE,
        service_name_unsafe_url::check,
    ),
    (&service_unmapped::RULE, service_unmapped::check),
    (&service_unreachable::RULE, service_unreachable::check),
    (&service_without_code::RULE, service_without_code::check),
    (&single_point::RULE, single_point::check),
    (&sink_also_consumed::RULE, sink_also_consumed::check),
    (&source_also_fed::RULE, source_also_fed::check),
];

/// The rule of a name, with its page.
pub fn explain(name: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.name == name).copied()
}

/// `docs/rules.md`: every rule's page.
pub fn pages() -> String {
    let mut out = PREFACE.to_owned();
    for rule in RULES {
        out.push('\n');
        out.push_str(rule.page().trim_end());
        out.push('\n');
    }
    out
}

const PREFACE: &str = "# Rules

What `slingshot topology check` looks for, one heading a rule; `slingshot topology explain RULE` prints the
same. Errors and warnings are shown unless asked otherwise, remarks (`info`) on request. A rule of the
persona `pedantic` or `auditor` speaks only to those who ask for that persona.

This page is generated from `slingshot-topology/src/rules`. Every example on it is run by a test.
";
