//! A bucket that cannot exist.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::diagnostic::Explained;
use crate::system::Bucket;

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "bucket-name-illegal",
    severity: Severity::Error,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Buckets,
    check: Some(check),
    what: "A bucket's name is none that an object store takes.",
    why: "
S3 takes 3 to 63 lower-case letters, digits, `.` and `-`, with a letter or digit at both ends, no two dots in a
row and no IPv4 address; some beginnings and endings are kept for AWS itself. The store refuses any other name,
with the first file.",
    before: Example::Toml(
        r#"
[topology]
sources = ["scan"]

[services.scan]
in = "scan"
buckets = { in = "Raw_Scans" }
out = []
"#,
    ),
    after: Example::Toml(
        r#"
[topology]
sources = ["scan"]

[services.scan]
in = "scan"
buckets = { in = "raw-scans" }
out = []
"#,
    ),
};

/// How long a name may be, in bytes.
const LENGTHS: std::ops::RangeInclusive<usize> = 3..=63;

/// What AWS keeps for itself:
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>.
const KEPT_STARTS: [&str; 3] = ["xn--", "sthree-", "amzn-s3-demo-"];
const KEPT_ENDS: [&str; 5] = ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"];

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let services = facts.system.services.iter();
    for bucket in services.flat_map(|service| &service.buckets) {
        if let Some(fault) = fault(&bucket.name.value) {
            findings.push(BucketNameIllegal { bucket, fault });
        }
    }
}

fn fault(name: &str) -> Option<&'static str> {
    let is_alphanumeric = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let ends = [name.bytes().next(), name.bytes().next_back()];
    if !LENGTHS.contains(&name.len()) {
        return Some("a name has 3 to 63 characters");
    }
    if !name
        .bytes()
        .all(|byte| is_alphanumeric(byte) || b".-".contains(&byte))
    {
        return Some("a name has lower-case letters, digits, `.` and `-` only");
    }
    if !ends.into_iter().flatten().all(is_alphanumeric) {
        return Some("a name starts and ends with a letter or a digit");
    }
    if name.contains("..") {
        return Some("a name has no two dots in a row");
    }
    if name.parse::<core::net::Ipv4Addr>().is_ok() {
        return Some("a name is no IPv4 address");
    }
    if KEPT_STARTS.iter().any(|start| name.starts_with(start)) {
        return Some("AWS keeps this beginning for itself");
    }
    if KEPT_ENDS.iter().any(|end| name.ends_with(end)) {
        return Some("AWS keeps this ending for itself");
    }
    None
}

/// The bucket, and what is wrong with its name.
struct BucketNameIllegal<'s> {
    bucket: &'s Bucket,
    fault: &'static str,
}

impl Finding for BucketNameIllegal<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!("no bucket can be called {:?}", self.bucket.name.value)
    }

    /// Both it and the one that was meant.
    fn explains(&self) -> Vec<Explained> {
        vec![Explained::EVERY_BUCKET]
    }

    fn labels(&self) -> Vec<Label> {
        vec![Label::primary(&self.bucket.name.span, self.fault)]
    }

    fn help(&self) -> Option<String> {
        let name = self.bucket.name.value.to_lowercase();
        let name = name.replace(|c: char| !c.is_ascii_alphanumeric() && c != '.', "-");
        let name = name.trim_matches(['-', '.']);
        fault(name).is_none().then(|| format!("write {name:?}"))
    }
}

#[cfg(test)]
mod tests {
    use super::fault;

    #[test]
    fn names_are_those_that_s3_takes() {
        let longest = "x".repeat(63);
        for legal in ["raw", "1.2.3", "a-b.c-9", "256.1.1.1", "x--y", &longest] {
            assert_eq!(fault(legal), None, "{legal}");
        }
        let too_long = "x".repeat(64);
        for illegal in [
            "",
            "ab",
            &too_long,
            "Raw",
            "a_b",
            "a b",
            "räw",
            "-raw",
            "raw-",
            ".raw",
            "a..b",
            "10.0.0.1",
            "xn--a",
            "sthree-a",
            "amzn-s3-demo-a",
            "a-s3alias",
            "a--ol-s3",
            "a.mrap",
            "a--x-s3",
        ] {
            assert!(fault(illegal).is_some(), "{illegal}");
        }
    }
}
