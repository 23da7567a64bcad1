//! Mistakes in `slingshot.toml`.

use super::Mistake;

const DOCUMENTS: (&str, &str) = ("examples/documents", "slingshot.toml");
const MIXED: (&str, &str) = ("examples/mixed", "slingshot.toml");
const INBOX: (&str, &str) = ("examples/inbox", "slingshot.toml");
const PIPELINE: (&str, &str) = ("templates/pipeline", "slingshot.toml");
const WORKER: (&str, &str) = ("templates/worker", "slingshot.toml");
const HANDLERS: (&str, &str) = ("templates/handlers", "slingshot.toml");
const PYTHON: (&str, &str) = ("templates/python", "slingshot.toml");

const SNIFF: &str = r#"  { case = "text",  queues = ["words", "sample"] },
  { case = "image", queues = ["thumbnail", "sample"] },
  { case = "zip",   queues = ["unpack"] },
  { case = "empty", queues = ["report"] },
  { case = "other", queues = ["archive", "report"] },
"#;

const WORDS: &str = r#"[services.words]
in = "words"
buckets = { in = "documents" }
out = [
  { case = "counted",          queues = ["report"] },
  { case = "unknown-language", queues = ["archive"] },      # for a person to look at
]
"#;

const UNPACK: &str = r#"[services.unpack]
in = "unpack"
buckets = { in = "documents", out = "documents" }
out = [
  { case = "text",  queues = ["words"] },
  { case = "image", queues = ["thumbnail"] },
  { case = "zip",   queues = ["report"] },                  # the archive itself, and one inside it
  { case = "empty", queues = ["report"] },
  { case = "other", queues = ["archive", "report"] },
]
"#;

const SAMPLE: &str = r#"[services.sample]
in = "sample"
out = [
  { case = true,  queues = ["archive"] },
  { case = false, queues = [] },                            # ends here, on purpose
]
"#;

const ARCHIVE: &str = r#"[services.archive]
in = "archive"
buckets = { in = "documents", out = "archive", receipts = "receipts" }
"#;

const SNIFF_WHOLE: &str = r#"[services.sniff]
in = "sniff"
buckets = { in = "documents" }
out = [
  { case = "text",  queues = ["words", "sample"] },
  { case = "image", queues = ["thumbnail", "sample"] },
  { case = "zip",   queues = ["unpack"] },
  { case = "empty", queues = ["report"] },
  { case = "other", queues = ["archive", "report"] },
]
"#;

pub(super) const MISTAKES: &[Mistake] = &[
    Mistake::new(
        "a queue misspelt in a route",
        DOCUMENTS,
        (r#"["unpack"]"#, r#"["unpak"]"#),
        &["queue-no-consumer"],
    ),
    Mistake::new(
        "a queue of another name in a route",
        DOCUMENTS,
        (r#"["unpack"]"#, r#"["zip-files"]"#),
        &["queue-no-consumer"],
    ),
    Mistake::new(
        "a queue misspelt in one of two routes",
        DOCUMENTS,
        (r#"["words", "sample"]"#, r#"["wrods", "sample"]"#),
        &["queue-no-consumer"],
    ),
    Mistake::new(
        "a queue in upper case",
        DOCUMENTS,
        (r#"["unpack"]"#, r#"["Unpack"]"#),
        &["queue-no-consumer"],
    ),
    Mistake::new(
        "a queue with a blank after it",
        DOCUMENTS,
        (r#"["unpack"]"#, r#"["unpack "]"#),
        &["queue-name-invisible"],
    ),
    Mistake::new(
        "a queue with a foreign letter",
        DOCUMENTS,
        (r#"["unpack"]"#, r#"["unpаck"]"#),
        &["queue-no-consumer"],
    ),
    Mistake::new(
        "an empty name of a queue",
        DOCUMENTS,
        (r#"["unpack"]"#, r#"[""]"#),
        &["queue-name-empty"],
    ),
    Mistake::new(
        "a misspelt inbound queue",
        DOCUMENTS,
        (r#"in = "unpack""#, r#"in = "unpak""#),
        &["queue-no-consumer"],
    ),
    Mistake::new(
        "an inbound queue of another name",
        DOCUMENTS,
        (r#"in = "unpack""#, r#"in = "zip-files""#),
        &["queue-no-consumer"],
    ),
    Mistake::new(
        "an inbound queue with a blank after it",
        DOCUMENTS,
        (r#"in = "unpack""#, r#"in = "unpack ""#),
        &["queue-name-invisible"],
    ),
    Mistake::new(
        "a misspelt inbound queue of the first service",
        DOCUMENTS,
        (r#"in = "sniff""#, r#"in = "snif""#),
        &["declared-unknown"],
    ),
    Mistake::new(
        "an inbound queue of the first service of another name",
        DOCUMENTS,
        (r#"in = "sniff""#, r#"in = "files""#),
        &["declared-unknown"],
    ),
    Mistake::new(
        "the inbound queue of another service",
        DOCUMENTS,
        (r#"in = "thumbnail""#, r#"in = "words""#),
        &["inbound-shared"],
    ),
    Mistake::new(
        "a misspelt source",
        DOCUMENTS,
        (r#"["sniff"]"#, r#"["snif"]"#),
        &["declared-unknown"],
    ),
    Mistake::new(
        "a source of another name",
        DOCUMENTS,
        (r#"["sniff"]"#, r#"["files"]"#),
        &["declared-unknown"],
    ),
    Mistake::new(
        "no source",
        DOCUMENTS,
        (r#"["sniff"]"#, "[]"),
        &["queue-no-producer"],
    ),
    Mistake::new(
        "a sink that nothing feeds",
        DOCUMENTS,
        (
            "[services.sniff]",
            "sinks = [\"reports\"]\n[services.sniff]",
        ),
        &["declared-unknown"],
    ),
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
        "a route left out",
        DOCUMENTS,
        ("  { case = \"zip\",   queues = [\"unpack\"] },\n", ""),
        &["case-unmapped"],
    ),
    Mistake::new(
        "one of two routes to a queue left out",
        DOCUMENTS,
        ("  { case = \"empty\", queues = [\"report\"] },\n", ""),
        &["case-unmapped"],
    ),
    Mistake::new(
        "a route too many",
        DOCUMENTS,
        (
            "  { case = \"zip\",",
            "  { case = \"audio\", queues = [\"archive\"] },\n  { case = \"zip\",",
        ),
        &["case-never-emitted"],
    ),
    Mistake::new(
        "a misspelt case",
        DOCUMENTS,
        (r#"case = "image""#, r#"case = "imgae""#),
        &["case-unmapped"],
    ),
    Mistake::new(
        "a case of another name",
        DOCUMENTS,
        (r#"case = "image""#, r#"case = "picture""#),
        &["case-unmapped"],
    ),
    Mistake::new(
        "a case in upper case",
        DOCUMENTS,
        (r#"case = "image""#, r#"case = "Image""#),
        &["case-unmapped"],
    ),
    Mistake::new(
        "a quoted boolean",
        DOCUMENTS,
        ("case = true", r#"case = "true""#),
        &["case-type-mismatch"],
    ),
    Mistake::new(
        "a number in place of a boolean",
        DOCUMENTS,
        ("case = true", "case = 1"),
        &["case-type-mismatch"],
    ),
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
        "a route twice",
        DOCUMENTS,
        (
            "  { case = \"zip\",   queues = [\"unpack\"] },\n",
            "  { case = \"zip\",   queues = [\"unpack\"] },\n  { case = \"zip\",   queues = [\"unpack\"] },\n",
        ),
        &["case-duplicate"],
    ),
    Mistake::new(
        "a case in place of another",
        DOCUMENTS,
        (r#"case = "empty""#, r#"case = "other""#),
        &["case-duplicate"],
    ),
    Mistake::new(
        "a queue twice in a route",
        DOCUMENTS,
        (r#"["unpack"]"#, r#"["unpack", "unpack"]"#),
        &["case-queue-twice"],
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
        "a service twice",
        DOCUMENTS,
        ("[services.unpack]", "[services.words]"),
        &["map-duplicate-key"],
    ),
    Mistake::new(
        "a route back to where all comes from",
        DOCUMENTS,
        (
            WORDS,
            "[services.words]\nin = \"words\"\nbuckets = { in = \"documents\" }\nout = [\n  { case = \"counted\", queues = [\"words\"] },\n  { case = \"unknown-language\", queues = [\"words\"] },\n]\n",
        ),
        &["cycle-no-exit"],
    ),
    Mistake::new(
        "a misspelt key of a bucket",
        DOCUMENTS,
        (r#"out = "thumbnails""#, r#"ou = "thumbnails""#),
        &["bucket-key-unresolved"],
    ),
    Mistake::new(
        "a key of another name",
        DOCUMENTS,
        (r#"out = "thumbnails""#, r#"target = "thumbnails""#),
        &["bucket-key-unresolved"],
    ),
    Mistake::new(
        "a key left out",
        DOCUMENTS,
        (r#", out = "thumbnails""#, ""),
        &["bucket-key-unresolved"],
    ),
    Mistake::new(
        "no buckets",
        DOCUMENTS,
        (
            "buckets = { in = \"documents\", out = \"thumbnails\" }\n",
            "",
        ),
        &["bucket-key-unresolved"],
    ),
    Mistake::new(
        "a misspelt bucket",
        DOCUMENTS,
        (r#"out = "thumbnails""#, r#"out = "thumbnail""#),
        &["bucket-read-never-written"],
    ),
    Mistake::new(
        "another bucket",
        DOCUMENTS,
        (r#"out = "thumbnails""#, r#"out = "pictures""#),
        &["bucket-read-never-written"],
    ),
    Mistake::new(
        "a misspelt bucket that others use",
        DOCUMENTS,
        (
            r#"buckets = { in = "documents" }"#,
            r#"buckets = { in = "document" }"#,
        ),
        &["bucket-read-never-written"],
    ),
    Mistake::new(
        "a misspelt external bucket",
        DOCUMENTS,
        (r#""receipts", "report"]"#, r#""receipt", "report"]"#),
        &["declared-unknown"],
    ),
    Mistake::new(
        "an external bucket left out",
        DOCUMENTS,
        (r#""receipts", "report"]"#, r#""report"]"#),
        &["bucket-written-never-read"],
    ),
    Mistake::new(
        "a key too many",
        DOCUMENTS,
        (
            r#"out = "thumbnails""#,
            r#"out = "thumbnails", small = "thumbnails""#,
        ),
        &["bucket-key-unused"],
    ),
    Mistake::new(
        "a bucket with a blank in it",
        DOCUMENTS,
        (r#"out = "thumbnails""#, r#"out = "thumb nails""#),
        &["bucket-name-illegal"],
    ),
    Mistake::new(
        "a quote left out",
        DOCUMENTS,
        (r#"in = "unpack""#, r#"in = "unpack"#),
        &["map-syntax"],
    ),
    Mistake::new(
        "a bracket left out",
        DOCUMENTS,
        (r#"["unpack"]"#, r#"["unpack""#),
        &["map-syntax"],
    ),
    Mistake::new(
        "a comma left out",
        DOCUMENTS,
        ("queues = [\"unpack\"] },\n", "queues = [\"unpack\"] }\n"),
        &["map-syntax"],
    ),
    Mistake::new(
        "an equals sign left out",
        DOCUMENTS,
        (r#"in = "unpack""#, r#"in "unpack""#),
        &["map-syntax"],
    ),
    Mistake::new(
        "words that are no TOML",
        DOCUMENTS,
        (
            "[services.unpack]",
            "here come the archives\n[services.unpack]",
        ),
        &["map-syntax"],
    ),
    Mistake::new(
        "the brackets of a section left open",
        DOCUMENTS,
        ("[services.unpack]", "[services.unpack"),
        &["map-syntax"],
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
        "a rate of no queue",
        DOCUMENTS,
        (
            "[services.sniff]",
            "[rates]\nsnif = \"1/s\"\n\n[services.sniff]",
        ),
        &["declared-unknown"],
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
    Mistake::new(
        "a misspelt script",
        MIXED,
        ("count.py", "cuont.py"),
        &["include-missing"],
    ),
    Mistake::new("no script", MIXED, ("python = \"count.py\"\n", ""), &[])
        .because("its code may be elsewhere, which `service-without-code` remarks"),
    Mistake::new(
        "another bucket between two languages",
        MIXED,
        (r#"words = "cleaned""#, r#"words = "clean""#),
        &["bucket-read-never-written"],
    ),
    Mistake::new(
        "a misspelt case of a script",
        MIXED,
        (r#"case = "many""#, r#"case = "meny""#),
        &["case-unmapped"],
    ),
    Mistake::new(
        "a route that ends in place of going on",
        MIXED,
        (r#"queues = ["count"]"#, "queues = []"),
        &["queue-no-producer"],
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
        "a misspelt queue that a handler sends to",
        INBOX,
        (r#"in = "count""#, r#"in = "cuont""#),
        &["declared-unknown"],
    ),
    Mistake::new(
        "a template's route that ends",
        PIPELINE,
        (r#"queues = ["count"]"#, "queues = []"),
        &["queue-no-producer"],
    ),
    Mistake::new(
        "a template's route without a case",
        PIPELINE,
        ("  { case = false, queues = [] },\n", ""),
        &["case-unmapped"],
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
        "the wrong one of two buckets",
        PIPELINE,
        (
            r#"in = "texts", out = "words""#,
            r#"in = "files", out = "words""#,
        ),
        &["bucket-written-never-read"],
    ),
    Mistake::new(
        "two buckets exchanged",
        PIPELINE,
        (
            r#"in = "texts", out = "words""#,
            r#"in = "words", out = "texts""#,
        ),
        &["bucket-read-never-written"],
    ),
    Mistake::new(
        "the only service left out",
        WORKER,
        ("[services.demo]", "[services.dmo]"),
        &["service-unmapped"],
    ),
    Mistake::new(
        "the only inbound queue misspelt",
        WORKER,
        (r#"in = "demo""#, r#"in = "dmo""#),
        &["declared-unknown"],
    ),
    Mistake::new(
        "no case of the only service",
        WORKER,
        ("  { case = \"text\",  queues = [] },\n", ""),
        &["case-unmapped"],
    ),
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
    Mistake::new(
        "a misspelt case of a template's script",
        PYTHON,
        (r#"case = "empty""#, r#"case = "emtpy""#),
        &["case-unmapped"],
    ),
    Mistake::new(
        "a template's script that is not there",
        PYTHON,
        ("app.py", "ap.py"),
        &["include-missing"],
    ),
];
