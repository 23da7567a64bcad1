//! Mistakes in the fields of `slingshot.toml`.

use super::{
    Mistake,
    systems::{DOCUMENTS, HANDLERS, MIXED, SNIFF},
};

pub(super) const MISTAKES: &[Mistake] = &[
    Mistake::new(
        "no inbound queue",
        DOCUMENTS,
        ("in = \"unpack\"\n", ""),
        &["map-missing-field"],
    ),
    Mistake::new(
        "no inbound queue of the first service",
        DOCUMENTS,
        ("in = \"sniff\"\n", ""),
        &["map-missing-field"],
    ),
    Mistake::new(
        "a list of inbound queues",
        DOCUMENTS,
        (r#"in = "unpack""#, r#"in = ["unpack"]"#),
        &["map-wrong-type"],
    ),
    Mistake::new("no routes", DOCUMENTS, (SNIFF, ""), &["case-unmapped"]),
    Mistake::new(
        "a queue in place of a list of them",
        DOCUMENTS,
        (r#"["unpack"]"#, r#""unpack""#),
        &["map-wrong-type"],
    ),
    Mistake::new(
        "`queue` in place of `queues`",
        DOCUMENTS,
        (r#"queues = ["unpack"]"#, r#"queue = ["unpack"]"#),
        &["map-unknown-field"],
    ),
    Mistake::new(
        "no `queues`",
        DOCUMENTS,
        (r#",   queues = ["unpack"]"#, ""),
        &["map-missing-field"],
    ),
    Mistake::new(
        "a misspelt `case`",
        DOCUMENTS,
        (r#"case = "zip""#, r#"cas = "zip""#),
        &["map-unknown-field"],
    ),
    Mistake::new(
        "a service twice",
        DOCUMENTS,
        ("[services.unpack]", "[services.words]"),
        &["map-duplicate-key"],
    ),
    Mistake::new(
        "a misspelt section",
        DOCUMENTS,
        ("[services.unpack]", "[service.unpack]"),
        &["map-unknown-field"],
    ),
    Mistake::new(
        "a misspelt section of sources",
        DOCUMENTS,
        ("[topology]", "[topolgy]"),
        &["map-unknown-field"],
    ),
    Mistake::new(
        "a misspelt `in`",
        DOCUMENTS,
        (r#"in = "unpack""#, r#"inn = "unpack""#),
        &["map-unknown-field"],
    ),
    Mistake::new(
        "a misspelt `out`",
        DOCUMENTS,
        ("out = [", "outs = ["),
        &["map-unknown-field"],
    ),
    Mistake::new(
        "retries of no number",
        DOCUMENTS,
        (
            r#"in = "unpack""#,
            "in = \"unpack\"\nretry = { max = \"many\" }",
        ),
        &["map-wrong-type"],
    ),
    Mistake::new(
        "retries whose wait shrinks",
        DOCUMENTS,
        (
            r#"in = "unpack""#,
            "in = \"unpack\"\nretry = { initial = \"10m\", max-delay = \"1m\" }",
        ),
        &["retry-invalid"],
    ),
    Mistake::new(
        "no replicas",
        DOCUMENTS,
        (r#"in = "unpack""#, "in = \"unpack\"\nreplicas = 0"),
        &["map-wrong-type"],
    ),
    Mistake::new(
        "quoted replicas",
        DOCUMENTS,
        (r#"in = "unpack""#, "in = \"unpack\"\nreplicas = \"4\""),
        &["map-wrong-type"],
    ),
    Mistake::new(
        "an ignore of an earlier day",
        DOCUMENTS,
        (
            "[services.sniff]",
            "[[ignore]]\nrule = \"case-never-emitted\"\nreason = \"a move\"\nexpires = \"2020-01-01\"\n\n[services.sniff]",
        ),
        &["suppression-expired"],
    ),
    Mistake::new(
        "an ignore of no rule",
        DOCUMENTS,
        (
            "[services.sniff]",
            "[[ignore]]\nrule = \"case-never\"\nreason = \"a move\"\n\n[services.sniff]",
        ),
        &["config-unknown-rule"],
    ),
    Mistake::new(
        "an ignore of nothing",
        DOCUMENTS,
        (
            "[services.sniff]",
            "[[ignore]]\nrule = \"case-never-emitted\"\nreason = \"a move\"\n\n[services.sniff]",
        ),
        &["suppression-unused"],
    ),
    Mistake::new(
        "a rate of no time",
        DOCUMENTS,
        (
            "[services.sniff]",
            "[rates]\nsniff = \"fast\"\n\n[services.sniff]",
        ),
        &["map-wrong-type"],
    ),
    Mistake::new(
        "a password in the open",
        DOCUMENTS,
        (
            "[services.sniff]",
            "[rabbitmq]\nhost = \"r.example.com\"\nport = 5671\ntls = true\nusername = \"u\"\npassword = \"hunter2!\"\n\n[services.sniff]",
        ),
        &["plaintext-secret"],
    ),
    Mistake::new(
        "a port of no machine",
        DOCUMENTS,
        (
            "[services.sniff]",
            "[rabbitmq]\nhost = \"r.example.com\"\nport = 567100\ntls = true\nusername = \"u\"\npassword = \"pass:r\"\n\n[services.sniff]",
        ),
        &["port-invalid"],
    ),
    Mistake::new(
        "no host",
        DOCUMENTS,
        (
            "[services.sniff]",
            "[rabbitmq]\nport = 5671\ntls = true\nusername = \"u\"\npassword = \"pass:r\"\n\n[services.sniff]",
        ),
        &["map-missing-field"],
    ),
    Mistake::new(
        "a byte order mark",
        DOCUMENTS,
        ("# The system", "\u{feff}# The system"),
        &[],
    )
    .because("TOML allows it"),
    Mistake::new("no script", MIXED, ("python = \"count.py\"\n", ""), &[])
        .because("its code may be elsewhere, which `service-without-code` remarks"),
    Mistake::new(
        "an address of no port",
        HANDLERS,
        ("max-requests", "listen = \"127.0.0.1\"\nmax-requests"),
        &["map-wrong-type"],
    ),
    Mistake::new(
        "a limit of no size",
        HANDLERS,
        ("2MiB", "2 megs"),
        &["map-wrong-type"],
    ),
];
