//! The procedural macros of Slingshot: entry points and expansion.
//!
//! What an annotation may say, and every message about it, is in `slingshot-syntax`. Users meet
//! these macros through the facade `slingshot`.

mod case;
mod facade;
mod fallback;
mod function;
#[cfg(test)]
mod golden;
mod handler;
mod microservice;

use proc_macro::TokenStream;
use slingshot_syntax::HandlerKind;

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
/// `&mut PgConnection` (`&mut AsyncPgConnection` in an `async` function), `&Delivery`, `&Bus` and
/// `&SharedState`. It returns `()`, `(u64, C)`,
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

/// Makes a request handler of a function: `POST /greet`, and `bus.publish("greet", ..)`.
///
/// The function stays an ordinary function that a test can call; beside it, the macro leaves a
/// registration that `slingshot::run()` finds.
///
/// ```ignore
/// #[handler(replicas = 5)]
/// async fn greet(name: String, bus: &Bus, state: &SharedState) -> Result<String, AnyError> {
///     // ..
/// }
/// ```
///
/// The arguments are taken by type, in any order, any subset: one of `String`, `&str`, `Json<T>`,
/// `Bytes` and `Payload`, which is the request's data, and `Source`, `&Bus`, `&SharedState`,
/// `&RequestHead` and `&Queues`. It returns what a reply can be made of, bare or in a `Result`. An
/// `async` function runs on the runtime, another on a thread of its own.
///
/// The words, all of them optional:
///
/// | word | meaning |
/// |---|---|
/// | `name = "greet"` | the handler's name; by default the function's, as it is written |
/// | `replicas = 5` | how many requests are answered at once |
/// | `timeout = "30s"` | how long one request may take |
/// | `queue = 1000` | how many more requests may wait; none with 0 |
/// | `crate = path` | where the facade is, when the manifest does not say |
#[proc_macro_attribute]
pub fn handler(words: TokenStream, item: TokenStream) -> TokenStream {
    handler::expand(HandlerKind::Request, words.into(), item.into()).into()
}

/// Makes an `async` function answer `POST /stream/upload/{file_name}`.
///
/// It takes `Upload`, and by type, in any order, any subset of `Source`, `&Bus`, `&SharedState`,
/// `&RequestHead` and `&Queues`. The words are `replicas`, `timeout` and `crate`, as in
/// [`macro@handler`]. A binary has at most one such function.
#[proc_macro_attribute]
pub fn upload(words: TokenStream, item: TokenStream) -> TokenStream {
    handler::expand(HandlerKind::Upload, words.into(), item.into()).into()
}

/// Makes an `async` function answer `GET /stream/download/{file_id}`.
///
/// It takes `FileId`, and otherwise what [`macro@upload`] takes. A binary has at most one such function.
#[proc_macro_attribute]
pub fn download(words: TokenStream, item: TokenStream) -> TokenStream {
    handler::expand(HandlerKind::Download, words.into(), item.into()).into()
}

/// Makes an `async` function answer `GET /stream/metadata/{file_id}`.
///
/// It takes `FileId`, and otherwise what [`macro@upload`] takes. A binary has at most one such function.
#[proc_macro_attribute]
pub fn metadata(words: TokenStream, item: TokenStream) -> TokenStream {
    handler::expand(HandlerKind::Metadata, words.into(), item.into()).into()
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
