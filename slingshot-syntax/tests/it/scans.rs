//! The source scan: services, cases, keys and modules of files that need not compile.

use insta::assert_snapshot;
use slingshot_syntax::scan::{
    CaseSet, Features, FileScan, FoundCall, FoundSend, HandlerScan, Place, Remark, ServiceScan,
    resolve, scan_file,
};

/// What the files say, each place as its text.
#[expect(clippy::too_many_lines, reason = "a line for each thing that is said")]
fn scanned(files: &[&str]) -> String {
    // `mail` is on by default.
    let features = Features::from_iter(["mail".to_owned()]);
    let scans: Vec<FileScan> = files
        .iter()
        .map(|text| scan_file(text, &features))
        .collect();
    let text = |file: usize, at: &Place| {
        let text = files[file].get(at.bytes.clone());
        text.expect("a place lies in its file").to_owned()
    };
    let remark = |file: usize, remark: &Remark| {
        format!("  {} <- {}\n", text(file, &remark.at), remark.message)
    };
    let call = |call: &FoundCall| {
        let verb = if call.awaits { "awaits" } else { "tells" };
        format!(
            "  {verb} {} <- {}\n",
            call.handler,
            text(call.file, &call.at)
        )
    };
    let send = |send: &FoundSend| {
        let at = text(send.file, &send.at);
        format!("  sends to {} <- {at}\n", send.service)
    };
    let mut said = Vec::new();
    let found = resolve(&scans);
    for service in &found.services {
        let declared = &service.declared;
        let place = &declared.function_at;
        said.push(format!(
            "{} = {} at {}:{}\n",
            declared.name,
            text(service.file, place),
            place.line,
            place.column
        ));
        match &service.cases {
            CaseSet::Open(None) => said.push("  any case\n".to_owned()),
            CaseSet::Open(Some(types)) => {
                for found in types {
                    let at = text(found.file, &found.at);
                    said.push(format!("  any {:?} <- {at}\n", found.kind));
                }
            }
            CaseSet::Closed(cases) => {
                for found in cases {
                    let at = text(found.file, &found.at);
                    let perhaps = if found.is_conditional {
                        ", perhaps"
                    } else {
                        ""
                    };
                    said.push(format!("  case {} <- {at}{perhaps}\n", found.case));
                }
            }
        }
        said.extend(keys(service, text));
        said.extend(service.calls.iter().map(call));
        said.extend(service.sends.iter().map(send));
        let unseen = service.unseen.iter();
        said.extend(unseen.map(|unseen| remark(unseen.file, &unseen.remark)));
        let cases = service.unseen_cases.iter();
        said.extend(cases.map(|(file, unseen)| remark(*file, unseen)));
    }
    for handler in &found.handlers {
        let name_at = text(handler.file, &handler.declared.name_at);
        said.push(handler_line(handler, &name_at));
        said.extend(handler.calls.iter().map(call));
        said.extend(handler.sends.iter().map(send));
        let unseen = handler.unseen.iter();
        said.extend(unseen.map(|unseen| remark(unseen.file, &unseen.remark)));
    }
    for registered in &found.registered {
        let made = format!("{:?} {}", registered.made, registered.name);
        let at = text(registered.file, &registered.at);
        said.push(format!("{made} <- {at}\n"));
    }
    for (file, unseen) in &found.unseen {
        said.push(remark(*file, unseen));
    }
    for (file, scan) in scans.iter().enumerate() {
        for module in &scan.modules {
            said.push(format!(
                "mod {:?} {} {:?}\n",
                module.inside, module.name, module.path
            ));
        }
        for found in scan
            .mistakes
            .iter()
            .chain(&scan.unseen)
            .chain(&scan.left_out)
        {
            said.push(remark(file, found));
        }
    }
    said.concat()
}

/// The keys of a service, each place by its text.
fn keys(service: &ServiceScan, text: impl Fn(usize, &Place) -> String) -> Vec<String> {
    let mut said = Vec::new();
    for (verb, keys) in [("reads", &service.reads), ("writes", &service.writes)] {
        for key in keys {
            let at = text(key.file, &key.at);
            let own = if key.is_own_id { " of its own id" } else { "" };
            said.push(format!("  {verb} {}{own} <- {at}\n", key.key));
        }
    }
    if service.hides_keys {
        said.push("  other keys, perhaps\n".to_owned());
    }
    said
}

fn handler_line(handler: &HandlerScan, name_at: &str) -> String {
    let declared = &handler.declared;
    let place = &declared.name_at;
    format!(
        "{} {} <- {name_at} at {}:{}{}\n",
        declared.kind.attribute(),
        declared.name,
        place.line,
        place.column,
        if declared.is_conditional {
            ", perhaps"
        } else {
            ""
        },
    )
}

#[test]
fn finds_a_service_its_cases_and_its_keys() {
    assert_snapshot!(scanned(&[r#"
use slingshot::prelude::*;

#[derive(Clone, Case)]
enum Kind { Text, #[case("picture")] Image }

/// Sniffs.
#[microservice(name = "sniff", sys_map = "sys-map.example.com")]
pub fn process(id: u64, read: &ReadFileFn, write: &WriteFileFn) -> Result<Vec<(u64, Kind)>, AnyError> {
    let text = format!("{}", read("in", id)?.len());
    let größe = write("out", id)?;
    read("in", id + 1)?;
    Ok(vec![])
}
"#]), @r#"
    sniff = process at 9:8
      case "text" <- Text
      case "picture" <- "picture"
      reads in of its own id <- "in"
      writes out of its own id <- "out"
    "#);
}

#[test]
fn follows_imports_aliases_constants_and_helpers_across_files() {
    assert_snapshot!(scanned(&[
        r#"
mod kinds;
mod inner { #[path = "elsewhere.rs"] mod deep; }
use slingshot::{microservice as svc, ReadFileFn};
use kinds::Kind as K;
const RAW: &str = "raw";
type Results = Result<Vec<(u64, K)>, AnyError>;

#[svc(startup = seed)]
async fn load_all(read_file: &ReadFileFn, id: u64, write_file: &WriteFileFn) -> Results {
    read_file(RAW, id)?;
    copy(id, read_file, write_file)
}

fn seed() -> (u64, bool) { (1, true) }
"#,
        r#"
#[derive(slingshot::Case)]
pub enum Kind { #[case(1)] One, #[case(2)] Two }

pub fn copy(id: u64, from: &ReadFileFn, to: &WriteFileFn) -> Results {
    from("extra", id)?;
    if id > 0 { return copy(id - 1, from, to); }
    to("copies", id)
}
"#
    ]), @r#"
    load-all = load_all at 10:10
      case 1 <- 1
      case 2 <- 2
      case false <- load_all
      case true <- load_all
      reads extra <- "extra"
      reads raw of its own id <- "raw"
      writes copies <- "copies"
    mod [] kinds None
    mod ["inner"] deep Some("elsewhere.rs")
    "#);
}

#[test]
fn files_of_the_messages_own_id_are_told_from_others() {
    let service = |body: &str| {
        let head = "#[microservice] fn unpack(id: u64, read: &ReadFileFn, write: &WriteFileFn)";
        let helper = "fn store(write: &WriteFileFn, id: u64) { write(\"out\", id); }";
        scanned(&[&format!("{head} {{ {body} }} {helper}")])
    };
    assert_snapshot!(service("read(\"in\", id); write(\"out\", new); write(\"out\", id,);"), @r#"
    unpack = unpack at 1:20
      reads in of its own id <- "in"
      writes out of its own id <- "out"
    "#);
    assert_snapshot!(service("read(\"in\", id); for (id, member) in members { write(\"out\", id); }"), @r#"
    unpack = unpack at 1:20
      reads in <- "in"
      writes out <- "out"
    "#);
    assert_snapshot!(service("read(\"in\", id + 1); store(write, id);"), @r#"
    unpack = unpack at 1:20
      reads in <- "in"
      writes out <- "out"
    "#);
}

#[test]
fn says_what_it_could_not_see() {
    assert_snapshot!(scanned(&[r#"
#[slingshot::microservice]
fn guess(id: u64, read_file: &ReadFileFn) -> Vec<(u64, Foreign)> {
    let key = id.to_string();
    read_file(&key, id);
    self::other::load(read_file);
    thing.load(read_file);
    let again = read_file;
}

services! { #[microservice] fn hidden() {} }
include!("generated.rs");
"#]), @r"
    guess = guess at 3:4
      any case
      other keys, perhaps
      load <- the keys that `load` uses are not seen
      read_file <- the key of this call is no literal
      read_file <- this use is not followed; which keys it names is not seen
      read_file <- this use is not followed; which keys it names is not seen
      Foreign <- the cases of `Foreign` are not seen: not exactly one enum of this name with `#[derive(Case)]` is in this crate
      services <- services and handlers made by a macro are not seen
      include <- the file that this includes is not scanned
    ");
}

#[test]
fn declared_keys_stand_for_what_is_not_seen() {
    assert_snapshot!(scanned(&[r#"
#[microservice(name = "guess", reads("a"), writes("b"))]
fn guess(id: u64, read_file: &ReadFileFn) -> Option<(u64, String)> { read_file(&id.to_string(), id); None }
"#]), @r#"
    guess = guess at 3:4
      any Text <- String
      reads a <- "a"
      writes b <- "b"
    "#);
}

#[test]
fn leaves_tests_out_and_conditional_annotations_in() {
    assert_snapshot!(scanned(&[r#"
#[cfg_attr(feature = "queue", microservice(name = "sometimes"))]
fn sometimes(id: u64) -> Box<dyn Iterator<Item = (u64, bool)>> { todo() }

#[cfg(test)]
mod tests {
    #[microservice(name = "never")]
    fn never() {}
}
"#]), @r"
    sometimes = sometimes at 3:4
      case false <- sometimes
      case true <- sometimes
    ");
}

#[test]
fn places_count_from_the_start_of_the_file() {
    assert_snapshot!(scanned(&["\u{feff}#!/usr/bin/env run\n#[microservice]\nfn ü_b() {}\n"]), @r#"
    ü-b = ü_b at 3:4
      ü_b <- a service's name is one part of the sys-map's path: write letters, digits, `-`, `_`, `.` and `~` only (`name = ".."`)
    "#);
}

#[test]
fn constants_are_found_in_the_whole_crate_where_they_mean_one_thing() {
    let service = r#"
use crate::keys::{RAW, OUT as COUNTS};
static LOCAL: &str = "local";
const TWICE: &str = "here";
mod inner { const TWICE: &str = "there"; }
#[microservice]
fn copy(id: u64, read: &ReadFileFn, write: &WriteFileFn, bus: &Bus) {
    read(RAW, id); read(keys::PAGES, other); read(LOCAL, id);
    write(COUNTS, id); bus.dispatch(AUDIT, id);
    read(TWICE, id); write(COMPUTED, id);
}
"#;
    let keys = r#"
pub const RAW: &str = "raw";
pub(crate) const OUT: &'static str = "out";
const COMPUTED: &str = concat!("a", "b");
pub const AUDIT: &str = "audit";
impl Keys { pub const PAGES: &str = ("pages"); }
"#;
    assert_snapshot!(scanned(&[service, keys]), @r#"
    copy = copy at 7:4
      reads local of its own id <- "local"
      reads pages <- "pages"
      reads raw of its own id <- "raw"
      writes out of its own id <- "out"
      other keys, perhaps
      tells audit <- "audit"
      TWICE <- the key of this call is no literal
      COMPUTED <- the key of this call is no literal
    "#);
}

#[test]
fn what_no_build_of_a_service_has_is_left_out() {
    let main = r#"
#[cfg_attr(test, microservice)] fn never() {}
#[cfg_attr(not(test), microservice)] fn always() -> (u64, Kind) { todo() }
#[cfg(all(test, unix))] #[microservice] fn neither() {}
#[derive(Case)]
enum Kind { Text, #[cfg(test)] Fake, #[cfg(unix)] Image }
#[cfg(not(test))] #[handler] fn there() {}
#[cfg(feature = "x")] #[handler] fn perhaps() {}
"#;
    let tests = "#![cfg(test)]\n#[microservice] fn inside() {}";
    assert_snapshot!(scanned(&[main, tests]), @r#"
    always = always at 3:41
      case "text" <- Text
      case "image" <- Image, perhaps
    handler there <- there at 7:33
    handler perhaps <- perhaps at 8:37, perhaps
    "#);
}

#[test]
fn what_is_made_by_calls_is_found_by_its_name() {
    let main = r#"
const NAME: &str = "titles";
fn main() {
    let mut manager = Manager::new_default();
    manager.add_handler::<Greet>("greet", 5);
    manager.add_handler::<Titles>(NAME, 1);
    if late { manager.add_handler::<Store<u8>>("upload", 1); }
    manager.add_handler::<Other>(&name, 1);
    manager.add_handler::<Other>(name, 1);
    slingshot::Microservice::new("sniff", "sys-map.example.com", process).replicas(4).start();
}
#[cfg(test)] mod tests { fn t() { Microservice::new("test", "h", p); } }
"#;
    assert_snapshot!(scanned(&[main]), @r#"
    Handler greet <- "greet"
    Handler titles <- "titles"
    Handler upload <- "upload"
    Service sniff <- "sniff"
      name <- the name of what this makes is no literal
      name <- the name of what this makes is no literal
    "#);
}

#[test]
fn mistakes_and_syntax_errors_are_data() {
    assert_snapshot!(scanned(&[
        "#[microservice(replica = 4)]\nfn f(id: i64) {}\n#[derive(Case)]\nstruct S { a: u8 }",
        "fn broken( {",
        ""
    ]), @r"
    f = f at 2:4
      replica <- unknown word `replica`; did you mean `replicas`? the words are `name`, `sys_map`, `replicas`, `prefetch`, `timeout`, `startup`, `transaction`, `reads`, `writes`, `unrouted`, `retry`, `deduplicate`, `crate`
      i64 <- a request is a `u64`; take it as that and convert it in the body
      struct <- `#[derive(Case)]` is for an enum without fields, one variant per case
       <- this file cannot be parsed: a bracket, a string or a comment has no end or no beginning, or something here is no Rust
    ");
}

#[test]
fn two_enums_of_one_name_are_told_apart_by_their_file_or_not_at_all() {
    let service = "#[microservice] fn a() -> (u64, Kind) {}";
    let one = "#[derive(Case)] enum Kind { One }";
    let two = "#[derive(Case)] enum Kind { Two }";
    assert_snapshot!(scanned(&[service, one, two]), @r"
    a = a at 1:20
      any case
      Kind <- the cases of `Kind` are not seen: not exactly one enum of this name with `#[derive(Case)]` is in this crate
    ");
    assert_snapshot!(scanned(&[&format!("{service} {one}"), two]), @r#"
    a = a at 1:20
      case "one" <- One
    "#);
}

#[test]
fn finds_handlers_and_whom_they_call() {
    assert_snapshot!(scanned(&[r#"
use slingshot::{prelude::*, handler as answers};

const AUDIT: &str = "audit";

#[handler(name = "greet", replicas = 5)]
async fn hello(name: String, bus: &Bus) -> Result<String, AnyError> {
    let title: String = bus.publish("titles", format!("{}", bus.blocking_publish(r"inner", 1)?)).await?.into();
    bus.dispatch::<Vec<(u8, String)>>(self::AUDIT, "greeted").await?;
    bus.broadcast("topic", 1).await;
    Ok(note(&title, bus).await)
}

#[answers]
fn audit(_: String) {}

async fn note(text: &str, line: &slingshot::Bus) -> String {
    line.blocking_dispatch("notes", text);
    line.blocking_dispatch("notes", text);
    text.to_owned()
}

#[microservice]
async fn sniff(id: u64, bus: &Bus) { note("x", bus).await; }

#[cfg(feature = "files")]
#[slingshot::upload(replicas = 2)]
async fn keep(file: Upload) {}
#[download] async fn give(id: FileId) {}
#[metadata] async fn tell(id: FileId) {}
"#]), @r#"
    sniff = sniff at 24:10
      tells notes <- "notes"
      tells notes <- "notes"
    handler greet <- "greet" at 6:18
      awaits titles <- "titles"
      awaits inner <- r"inner"
      tells audit <- "audit"
      tells notes <- "notes"
      tells notes <- "notes"
    handler audit <- audit at 15:4
    upload keep <- keep at 28:10, perhaps
    download give <- give at 29:22
    metadata tell <- tell at 30:22
    "#);
}

#[test]
fn says_which_calls_it_could_not_see() {
    assert_snapshot!(scanned(&[r#"
#[handler]
async fn guess(name: String, bus: &Bus) {
    bus.publish(&name, 1).await;
    bus.publish(names::FIRST, 1).await;
    bus.dispatch(format!("a"), 1).await;
    let again = bus;
    bus.clone();
    let f = bus.publish;
    elsewhere(bus);
}

handlers! { #[handler(replicas = 2)] fn hidden() {} }
routes! { handler: hidden }
"#]), @r"
    handler guess <- guess at 3:10
      FIRST <- the handler of this call is no literal; whether there is one is not seen
      elsewhere <- the handlers that `elsewhere` calls are not seen
      publish <- the handler of this call is no literal; whether there is one is not seen
      dispatch <- the handler of this call is no literal; whether there is one is not seen
      bus <- this use is not followed; which handlers it calls is not seen
      bus <- this use is not followed; which handlers it calls is not seen
      bus <- this use is not followed; which handlers it calls is not seen
      handlers <- services and handlers made by a macro are not seen
    ");
}

#[test]
fn a_call_on_something_else_is_none() {
    assert_snapshot!(scanned(&[r#"
#[handler]
fn quiet(client: String, bus: &Bus) {
    client.publish("titles", 1);
    self.bus.publish("titles", 1);
}
"#]), @"handler quiet <- quiet at 3:4");
}

#[test]
fn the_mistakes_of_handlers_are_data() {
    assert_snapshot!(scanned(&["#[handler(nam = \"x\")] fn f(id: u64) {}\n#[upload] fn g() {}"]), @r"
    handler f <- f at 1:26
    upload g <- g at 2:14
      nam <- unknown word `nam`; did you mean `name`? the words are `name`, `replicas`, `timeout`, `queue`, `crate`
      u64 <- a handler cannot take `u64`: it takes one of `String`, `&str`, `Json<T>`, `Bytes` and `Payload`, and `Source`, `&Bus`, `&SharedState`, `&RequestHead` and `&Queues`, spelled like this
      fn <- an upload function waits for the network: write `async fn`
    ");
}

#[test]
fn what_a_module_may_lack_its_items_may_lack() {
    assert_snapshot!(scanned(&[r#"
#[cfg(unix)] mod unix { #[handler] fn status() {} mod inner { #[handler] fn deep() {} } }
#[cfg(feature = "mail")] mod mail { #[handler] fn letters() {} }
#[cfg(unix)] #[cfg_attr(target_os = "linux", path = "linux.rs")] mod files;
"#, "#![cfg(windows)] #[handler] fn status() {}"]), @r#"
    handler status <- status at 2:39, perhaps
    handler deep <- deep at 2:77, perhaps
    handler letters <- letters at 3:51
    handler status <- status at 1:32, perhaps
    mod [] files Some("linux.rs")
    "#);
}

#[test]
fn variants_are_those_of_the_default_features_or_uncertain() {
    assert_snapshot!(scanned(&[r#"
#[derive(Case)]
enum Kind {
    Text,
    #[cfg(feature = "mail")] Mail,
    #[cfg(feature = "fax")] Fax,
    #[cfg(windows)] Registry,
    #[cfg_attr(feature = "mail", case("spam"))] Junk,
    #[cfg_attr(feature = "fax", case("noise"))] Rest,
    #[cfg_attr(unix, doc = "x")] Last,
}
#[microservice] fn sniff() -> (u64, Kind) {}
#[cfg(unix)] #[derive(Case)] enum Sort { A }
#[cfg(windows)] #[derive(Case)] enum Sort { B }
#[microservice] fn sort() -> (u64, Sort) {}
"#]), @r#"
    sniff = sniff at 12:20
      case "text" <- Text
      case "mail" <- Mail
      case "fax" <- Fax, perhaps
      case "registry" <- Registry, perhaps
      case "spam" <- "spam"
      case "rest" <- Rest, perhaps
      case "last" <- Last
    sort = sort at 15:20
      any case
      Sort <- the cases of `Sort` are not seen: not exactly one enum of this name with `#[derive(Case)]` is in this crate
    "#);
}

#[test]
fn the_type_of_any_value_is_known() {
    assert_snapshot!(scanned(&[r"
type Code = Vec<(u64, i64)>;
#[microservice] fn a() -> (u64, u8) {}
#[microservice] fn b() -> Code {}
#[microservice(startup = seed)] fn c() -> Result<(u64, &'static str), E> {}
fn seed() -> (u64, String) {}
#[microservice(startup = flags)] fn d() -> (u64, String) {}
fn flags() -> (u64, bool) {}
"]), @r"
    a = a at 3:20
      any Unsigned <- u8
    b = b at 4:20
      any Signed <- i64
    c = c at 5:36
      any Text <- str
      any Text <- String
    d = d at 7:37
      any case
    ");
}

#[test]
fn the_services_that_ids_are_sent_to_are_found() {
    assert_snapshot!(scanned(&[r#"
const COUNT: &str = "count";
#[handler]
async fn start(name: String, queues: &Queues) {
    queues.send("sniff", 1).await?;
    queues.send_all(COUNT, [1, 2]).await?;
    queues.send(&name, 1).await?;
    again(queues).await;
    elsewhere(queues);
}
async fn again(line: &Queues) { line.send("words", 1).await; other.send("x", 1) }
"#]), @r#"
    handler start <- start at 4:10
      sends to sniff <- "sniff"
      sends to count <- "count"
      sends to words <- "words"
      elsewhere <- the services that `elsewhere` sends to are not seen
      send <- the service of this call is no literal; whether there is one is not seen
    "#);
}

#[test]
fn code_that_is_nested_too_deeply_is_said_and_not_parsed() {
    let nested = |open: &str, close: &str| {
        format!(
            "fn f() {{ let _ = {}1{}; }}",
            open.repeat(5000),
            close.repeat(5000)
        )
    };
    let modules = "mod m {".repeat(5000) + &"}".repeat(5000);
    let one = scanned(&[&nested("(", ")")]);
    assert_snapshot!(one, @"  ( <- this file is nested too deeply to be parsed");
    for text in [nested("{", "}"), nested("!", ""), nested("[", "]"), modules] {
        let text = scanned(&[&text]);
        assert!(text.ends_with("nested too deeply to be parsed\n"), "{text}");
    }
}
