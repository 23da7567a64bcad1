//! Mistakes in the services of `slingshot.toml`.

use super::{
    Mistake,
    systems::{
        ARCHIVE, DOCUMENTS, INBOX, MIXED, PIPELINE, PYTHON, SAMPLE, SNIFF_WHOLE, UNPACK, WORKER,
    },
};

pub(super) const MISTAKES: &[Mistake] = &[
    Mistake::new(
        "the inbound queue of another service",
        DOCUMENTS,
        (r#"in = "thumbnail""#, r#"in = "words""#),
        &["inbound-shared"],
    ),
    Mistake::new(
        "a service left out",
        DOCUMENTS,
        (UNPACK, ""),
        &["service-unmapped"],
    ),
    Mistake::new(
        "the first service left out",
        DOCUMENTS,
        (SNIFF_WHOLE, ""),
        &["service-unmapped"],
    ),
    Mistake::new(
        "a service with two cases left out",
        DOCUMENTS,
        (SAMPLE, ""),
        &["service-unmapped"],
    ),
    Mistake::new(
        "a service with buckets left out",
        DOCUMENTS,
        (ARCHIVE, ""),
        &["service-unmapped"],
    ),
    Mistake::new(
        "a misspelt service",
        DOCUMENTS,
        ("[services.unpack]", "[services.unpak]"),
        &["service-unmapped"],
    ),
    Mistake::new(
        "a service of another name",
        DOCUMENTS,
        ("[services.unpack]", "[services.extract]"),
        &["service-unmapped"],
    ),
    Mistake::new(
        "a service in upper case",
        DOCUMENTS,
        ("[services.unpack]", "[services.Unpack]"),
        &["service-unmapped"],
    ),
    Mistake::new(
        "a misspelt script",
        MIXED,
        ("count.py", "cuont.py"),
        &["include-missing"],
    ),
    Mistake::new(
        "a misspelt service that a handler sends to",
        INBOX,
        ("[services.count]", "[services.cuont]"),
        &["service-unmapped"],
    ),
    Mistake::new(
        "a service of another name that a handler sends to",
        INBOX,
        ("[services.count]", "[services.lengths]"),
        &["service-unmapped"],
    ),
    Mistake::new(
        "a template's service left out",
        PIPELINE,
        (
            "[services.report]\nin = \"report\"\nbuckets = { in = \"words\", out = \"pages\" }\n",
            "",
        ),
        &["service-unmapped"],
    ),
    Mistake::new(
        "the only service left out",
        WORKER,
        ("[services.demo]", "[services.dmo]"),
        &["service-unmapped"],
    ),
    Mistake::new(
        "a template's script that is not there",
        PYTHON,
        ("app.py", "ap.py"),
        &["include-missing"],
    ),
];
