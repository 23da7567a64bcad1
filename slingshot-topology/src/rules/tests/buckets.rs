//! Of which uses of buckets the rules say nothing, and of which only a remark.

use super::findings;
use crate::Example;

const TOPOLOGY: &str = "[topology]\nsources = [\"sniff\"]\n";

/// The rules that speak of buckets, each with the severity of its finding.
fn said(toml: &str, rust: &str) -> Vec<String> {
    let (toml, rust) = (toml.to_owned().leak(), rust.to_owned().leak());
    let findings = findings(Example::WithCode { toml, rust });
    let of_buckets = findings
        .iter()
        .filter(|finding| finding.rule.name.starts_with("bucket"));
    of_buckets
        .map(|finding| format!("{} {}", finding.severity, finding.rule.name))
        .collect()
}

/// A service that reads and writes, and whose ids are its own or not.
fn service(name: &str, reads: Option<&str>, writes: Option<&str>) -> String {
    let read = reads.map(|id| format!("read_file(\"in\", {id});"));
    let write = writes.map(|id| format!("write_file(\"out\", {id});"));
    format!(
        "#[microservice(name = \"{name}\")]\nfn {name}(request: u64) {{ {} {} }}\n",
        read.unwrap_or_default(),
        write.unwrap_or_default()
    )
}

#[test]
fn a_service_that_puts_new_files_beside_those_that_it_reads_is_sound() {
    let toml = format!(
        "{TOPOLOGY}external-buckets = [\"documents\"]\n[services.unpack]\nin = \"sniff\"\n\
         buckets = {{ in = \"documents\", out = \"documents\" }}\n"
    );
    let new = service("unpack", Some("request"), Some("document"));
    assert_eq!(said(&toml, &new), ["info bucket-alias"]);
    let own = service("unpack", Some("request"), Some("request"));
    assert_eq!(said(&toml, &own), ["error bucket-self-overwrite"]);
    let idempotent = format!("{toml}idempotent = true\n");
    assert_eq!(said(&idempotent, &own), ["info bucket-alias"]);
}

fn two(routes: &str, words: &str, links: &str) -> String {
    format!(
        "{TOPOLOGY}external-buckets = []\n[services.sniff]\nin = \"sniff\"\nout = [{routes}]\n\
         [services.words]\nin = \"words\"\nbuckets = {{ {words} }}\n\
         [services.links]\nin = \"links\"\nbuckets = {{ {links} }}\n"
    )
}

const BOTH: &str = "{ case = 1, queues = [\"words\", \"links\"] }";
const EITHER: &str = "{ case = 1, queues = [\"words\"] }, { case = 2, queues = [\"links\"] }";

#[test]
fn alternatives_may_write_into_one_bucket() {
    let own = Some("request");
    let buckets = "out = \"found\"";
    let code = service("words", None, own) + &service("links", None, own);
    let read = "warning bucket-written-never-read";
    let remark = ["info bucket-write-conflict", read];
    assert_eq!(said(&two(EITHER, buckets, buckets), &code), remark);
    let conflict = ["error bucket-write-conflict", read];
    assert_eq!(said(&two(BOTH, buckets, buckets), &code), conflict);
    let other = service("words", None, own) + &service("links", None, Some("new"));
    assert_eq!(said(&two(BOTH, buckets, buckets), &other), [read]);
}

#[test]
fn a_reader_may_be_early_only_beside_the_only_writer() {
    let own = Some("request");
    let code = service("words", None, own) + &service("links", own, None);
    let system = |routes| two(routes, "out = \"found\"", "in = \"found\"");
    assert_eq!(said(&system(BOTH), &code), ["warning bucket-race"]);
    assert_eq!(said(&system(EITHER), &code), [""; 0]);
    let external = system(BOTH).replace("external-buckets = []", "external-buckets = [\"found\"]");
    assert_eq!(said(&external, &code), [""; 0]);
    let third = "[services.early]\nin = \"early\"\nbuckets = { out = \"found\" }\n";
    let with_third = system(BOTH) + third;
    let code_of_third = code.clone() + &service("early", None, own);
    assert_eq!(
        said(&with_third, &code_of_third),
        ["info bucket-write-conflict"]
    );
    // What a service without code does with the bucket nobody knows.
    assert_eq!(said(&with_third, &code), [""; 0]);
}

#[test]
fn one_end_of_a_bucket_is_a_remark_where_nothing_is_said_of_the_outside() {
    let toml = format!(
        "{TOPOLOGY}[services.unpack]\nin = \"sniff\"\nbuckets = {{ in = \"abc\", out = \"def\" }}\n"
    );
    let code = service("unpack", Some("request"), Some("request"));
    assert_eq!(
        said(&toml, &code),
        [
            "info bucket-read-never-written",
            "info bucket-written-never-read"
        ]
    );
    let declared = toml.replacen('\n', "\nexternal-buckets = []\n", 1);
    assert_eq!(
        said(&declared, &code),
        [
            "warning bucket-read-never-written",
            "warning bucket-written-never-read"
        ]
    );
    let of_handlers = format!("{declared}[http]\nfiles = \"abc\"\n");
    assert_eq!(
        said(&of_handlers, &code),
        ["warning bucket-written-never-read"]
    );
}
