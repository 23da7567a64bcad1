//! The procedural macros of Slingshot: entry points and expansion.
//!
//! What an annotation may say, and every message about it, is in `slingshot-syntax`. Users meet
//! these macros through the facade `slingshot`.

mod case;
mod facade;
mod fallback;
#[cfg(test)]
mod golden;
mod microservice;

use proc_macro::TokenStream;

/// Makes a queue service of a function.
///
/// The function stays an ordinary function that a test can call; beside it, the macro leaves a
/// registration that `slingshot::run()` finds.
///
/// ```ignore
/// #[microservice(name = "sniff", sys_map = "sys-map.example.com", replicas = 4)]
/// fn process(request: u64, read_file: &ReadFileFn) -> Result<Vec<(u64, Kind)>, AnyError> {
///     // ..
/// }
/// ```
///
/// The arguments are taken by type, in any order, any subset: `u64`, `&ReadFileFn`, `&WriteFileFn`,
/// `&mut PgConnection` (`&mut AsyncPgConnection` in an `async` function) and `&Delivery`. It returns `()`, `(u64, C)`,
/// `Option<(u64, C)>`, `Vec<(u64, C)>` or `impl IntoIterator<Item = (u64, C)>`, bare or in a `Result`,
/// where `C` is a case.
///
/// The words, all of them optional:
///
/// | word | meaning |
/// |---|---|
/// | `name = "sniff"` | the service's name; by default the function's, with `-` for `_` |
/// | `sys_map = "sys-map.example.com"` | the sys-map's host; `SLINGSHOT_SYS_MAP` wins over it |
/// | `replicas = 4` | how many requests run at once |
/// | `prefetch = 8` | how many unacknowledged requests the broker may hand out |
/// | `timeout = "25m"` | how long one request may take |
/// | `startup = path` | a function that runs once before the first request |
/// | `transaction = false` | the function commits for itself |
/// | `reads("in")`, `writes("out")` | bucket keys that the source scan cannot see |
/// | `unrouted = "dead-letter"` or `"drop"` | what becomes of a case without a route |
/// | `retry(max = 5, initial = "1s", factor = 2, max_delay = "5m")` | how often, and after which waits, a failed request is tried again; any of them |
/// | `deduplicate`, `deduplicate(keep = "30d")` | a request that was worked on is not worked on again, for a week or as long as it says |
/// | `crate = path` | where the facade is, when the manifest does not say |
#[proc_macro_attribute]
pub fn microservice(words: TokenStream, item: TokenStream) -> TokenStream {
    microservice::expand(words.into(), item.into()).into()
}

/// Makes an enum's variants the closed set of a service's cases.
///
/// `PlainText` is the case `"plain-text"`, unless `#[case("..")]`, `#[case(1)]` or `#[case(true)]`
/// says otherwise; all cases of one enum are of one kind. `#[case(crate = path)]` on the enum says
/// where the facade is, when the manifest does not.
///
/// ```ignore
/// #[derive(Case)]
/// enum Kind { Text, Image, #[case("other")] Rest }
/// ```
#[proc_macro_derive(Case, attributes(case))]
pub fn case(item: TokenStream) -> TokenStream {
    case::expand(item.into()).into()
}
