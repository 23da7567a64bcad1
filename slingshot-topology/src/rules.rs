//! The rules, one file each: its page, its finding, its check.

pub(crate) mod baseline_prunable;
mod boundary_crossed;
mod bucket_alias;
mod bucket_key_illegal;
mod bucket_key_unresolved;
mod bucket_key_unused;
mod bucket_moved;
mod bucket_name_illegal;
mod bucket_name_unportable;
mod bucket_race;
mod bucket_read_never_written;
mod bucket_reply_malformed;
mod bucket_self_overwrite;
mod bucket_write_conflict;
mod bucket_written_never_read;
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
pub(crate) mod case_removed;
mod case_set_open;
mod case_type_changed;
mod case_type_mismatch;
pub(crate) mod case_type_unsupported;
mod case_unmapped;
mod cases_indistinct;
mod check_incomplete;
mod code_refused;
pub(crate) mod code_unseen;
mod config_unknown_rule;
pub(crate) mod connection_not_single;
mod consumer_not_yet;
mod cycle_amplifying;
mod cycle_introduced;
mod cycle_no_exit;
mod cycle_no_hop_limit;
mod cycle_with_exit;
mod db_pool_exceeded;
mod dead_end;
mod declared_unknown;
mod default_credentials;
mod diamond_duplicate;
mod downstream_slower;
mod endpoint_changed;
mod fanout_degree;
mod fanout_explosion;
mod fanout_increased;
mod handler_duplicate;
mod host_suspicious;
mod inbound_renamed;
mod inbound_shared;
mod include_missing;
mod islands;
mod limit_tightened;
mod live_args_mismatch;
mod live_binding_unexpected;
mod live_deprecated_feature;
mod live_dlx_missing;
mod live_map_differs;
mod live_permission;
mod live_policy_overrides;
mod live_queue_extra;
mod live_queue_missing;
mod live_vhost_missing;
mod manifest_stale;
pub(crate) mod map_duplicate_key;
pub(crate) mod map_missing_field;
pub(crate) mod map_syntax;
pub(crate) mod map_unknown_field;
pub(crate) mod map_wrong_type;
mod name_collision_normalised;
mod name_homoglyph;
mod no_services;
mod order_sensitive_join;
mod ordered_with_concurrency;
mod path_too_long;
pub(crate) mod plaintext_secret;
mod policy_edge_denied;
mod policy_required_hop;
pub(crate) mod port_invalid;
mod prefetch_under_concurrency;
pub(crate) mod queue_args_changed;
mod queue_args_conflict;
mod queue_equals_service;
mod queue_name_amq_prefix;
mod queue_name_charset;
mod queue_name_empty;
mod queue_name_invisible;
mod queue_name_too_long;
mod queue_near_miss;
mod queue_no_consumer;
mod queue_no_producer;
mod queues_service_unknown;
mod reachability_lost;
mod rename_suspected;
pub(crate) mod response_not_json;
pub(crate) mod retry_invalid;
pub(crate) mod schema_unsupported;
pub(crate) mod secret_ref_malformed;
mod secret_shared_env;
mod self_loop;
mod service_duplicate;
mod service_name_reserved;
mod service_name_style;
mod service_name_unsafe_url;
pub(crate) mod service_removed;
mod service_unmapped;
mod service_unreachable;
mod service_without_code;
mod single_point;
mod sink_also_consumed;
mod source_also_fed;
mod suppression_added;
mod suppression_expired;
mod suppression_no_reason;
pub(crate) mod suppression_unused;
mod target_removed;
mod timeout_over_ack_timeout;
mod tls_missing_amqp;
mod tls_missing_db_s3;
mod tombstone_missing;
pub(crate) mod utilisation_over_one;
mod vhost_default;

#[cfg(test)]
mod tests;

use crate::{
    diagnostic::{Edit, Finding, Findings, Fix, Label},
    facts::Facts,
    repeats::{Named, repeats, same_names},
    rule::{Confidence, Example, Family, Persona, Rule, Severity},
    source::Span,
    steps::steps_round,
};

/// A rule's severity, or a remark: for what is meant, or not certain to be wrong.
fn remark_if(rule: &Rule, is_milder: bool) -> Severity {
    if is_milder {
        Severity::Info
    } else {
        rule.severity
    }
}

/// Every rule, by name.
pub const RULES: &[&Rule] = &[
    &baseline_prunable::RULE,
    &boundary_crossed::RULE,
    &bucket_alias::RULE,
    &bucket_key_illegal::RULE,
    &bucket_key_unresolved::RULE,
    &bucket_key_unused::RULE,
    &bucket_moved::RULE,
    &bucket_name_illegal::RULE,
    &bucket_name_unportable::RULE,
    &bucket_race::RULE,
    &bucket_read_never_written::RULE,
    &bucket_reply_malformed::RULE,
    &bucket_self_overwrite::RULE,
    &bucket_write_conflict::RULE,
    &bucket_written_never_read::RULE,
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
    &case_removed::RULE,
    &case_set_open::RULE,
    &case_type_changed::RULE,
    &case_type_mismatch::RULE,
    &case_type_unsupported::RULE,
    &case_unmapped::RULE,
    &cases_indistinct::RULE,
    &check_incomplete::RULE,
    &code_refused::RULE,
    &code_unseen::RULE,
    &config_unknown_rule::RULE,
    &connection_not_single::RULE,
    &consumer_not_yet::RULE,
    &cycle_amplifying::RULE,
    &cycle_introduced::RULE,
    &cycle_no_exit::RULE,
    &cycle_no_hop_limit::RULE,
    &cycle_with_exit::RULE,
    &db_pool_exceeded::RULE,
    &dead_end::RULE,
    &declared_unknown::RULE,
    &default_credentials::RULE,
    &diamond_duplicate::RULE,
    &downstream_slower::RULE,
    &endpoint_changed::RULE,
    &fanout_degree::RULE,
    &fanout_explosion::RULE,
    &fanout_increased::RULE,
    &handler_duplicate::RULE,
    &host_suspicious::RULE,
    &inbound_renamed::RULE,
    &inbound_shared::RULE,
    &include_missing::RULE,
    &islands::RULE,
    &limit_tightened::RULE,
    &live_args_mismatch::RULE,
    &live_binding_unexpected::RULE,
    &live_deprecated_feature::RULE,
    &live_dlx_missing::RULE,
    &live_map_differs::RULE,
    &live_permission::RULE,
    &live_policy_overrides::RULE,
    &live_queue_extra::RULE,
    &live_queue_missing::RULE,
    &live_vhost_missing::RULE,
    &manifest_stale::RULE,
    &map_duplicate_key::RULE,
    &map_missing_field::RULE,
    &map_syntax::RULE,
    &map_unknown_field::RULE,
    &map_wrong_type::RULE,
    &name_collision_normalised::RULE,
    &name_homoglyph::RULE,
    &no_services::RULE,
    &order_sensitive_join::RULE,
    &ordered_with_concurrency::RULE,
    &path_too_long::RULE,
    &plaintext_secret::RULE,
    &policy_edge_denied::RULE,
    &policy_required_hop::RULE,
    &port_invalid::RULE,
    &prefetch_under_concurrency::RULE,
    &queue_args_changed::RULE,
    &queue_args_conflict::RULE,
    &queue_equals_service::RULE,
    &queue_name_amq_prefix::RULE,
    &queue_name_charset::RULE,
    &queue_name_empty::RULE,
    &queue_name_invisible::RULE,
    &queue_name_too_long::RULE,
    &queue_near_miss::RULE,
    &queue_no_consumer::RULE,
    &queue_no_producer::RULE,
    &queues_service_unknown::RULE,
    &reachability_lost::RULE,
    &rename_suspected::RULE,
    &response_not_json::RULE,
    &retry_invalid::RULE,
    &schema_unsupported::RULE,
    &secret_ref_malformed::RULE,
    &secret_shared_env::RULE,
    &self_loop::RULE,
    &service_duplicate::RULE,
    &service_name_reserved::RULE,
    &service_name_style::RULE,
    &service_name_unsafe_url::RULE,
    &service_removed::RULE,
    &service_unmapped::RULE,
    &service_unreachable::RULE,
    &service_without_code::RULE,
    &single_point::RULE,
    &sink_also_consumed::RULE,
    &source_also_fed::RULE,
    &suppression_added::RULE,
    &suppression_expired::RULE,
    &suppression_no_reason::RULE,
    &suppression_unused::RULE,
    &target_removed::RULE,
    &timeout_over_ack_timeout::RULE,
    &tls_missing_amqp::RULE,
    &tls_missing_db_s3::RULE,
    &tombstone_missing::RULE,
    &utilisation_over_one::RULE,
    &vhost_default::RULE,
];

/// The rule of a name, with its page.
pub fn explain(name: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.name == name).copied()
}
