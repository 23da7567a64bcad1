//! Scripts, and what of them is seen.

mod unseen;

use std::fs;

use slingshot_topology::{BusCall, Cases, CodeService, Spanned};

use super::*;
use crate::sources::Disk;

/// What a function calls, a line for each.
fn uses(calls: &[BusCall], sends: &[Spanned<String>]) -> String {
    let calls = calls.iter().map(|call| {
        let waits = if call.awaits { "awaits" } else { "hands" };
        format!(
            "\n  {waits} {} at {}",
            call.handler.value, call.handler.span
        )
    });
    let sends = sends.iter();
    let sends = sends.map(|it| format!("\n  sends {} at {}", it.value, it.span));
    calls.chain(sends).collect()
}

/// A service in a few lines.
fn line(service: &CodeService) -> String {
    let keys = |keys: &[Spanned<String>]| -> String {
        let keys: Vec<_> = keys.iter().map(|key| key.value.as_str()).collect();
        keys.join(" ")
    };
    let cases = match &service.cases {
        Cases::Open(_) => "any".to_owned(),
        Cases::Closed(cases) => {
            let cases = cases
                .iter()
                .map(|case| format!("{}@{}", case.value, case.span));
            cases.collect::<Vec<_>>().join(" ")
        }
    };
    let settings = service.settings;
    format!(
        "{} at {}\n  cases {cases}\n  reads {} (own {}) writes {} (own {}) all {}\n  replicas {:?} timeout {:?} database {}{}",
        service.name,
        service.at,
        keys(&service.reads),
        keys(&service.own_reads),
        keys(&service.writes),
        keys(&service.own_writes),
        service.are_keys_known,
        settings.replicas,
        settings.timeout,
        settings.database(),
        uses(&service.calls, &service.sends),
    )
}

/// What is seen of files, the first of which is the script.
fn seen(files: &[(&str, &str)]) -> String {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = directory.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let scripts = [directory.path().join(files[0].0)];
    let scanned = ScannedCode::of_scripts(&scripts, directory.path(), &Disk).unwrap();
    let services = scanned.code.services.iter().map(line);
    let handlers = scanned.code.handlers.iter().map(|handler| {
        let uses = uses(&handler.calls, &handler.sends);
        format!("handler {} at {}{uses}", handler.name, handler.at)
    });
    let unseen = scanned.code.unseen.iter();
    let unseen = unseen.map(|it| {
        let of = it.of.as_deref().unwrap_or("any");
        format!("unseen {}: {} ({of}: {})", it.at, it.what, it.help)
    });
    let refused = scanned.code.refused.iter();
    let refused = refused.map(|it| format!("refused {}: {}", it.span, it.value));
    let lines: Vec<_> = services
        .chain(handlers)
        .chain(unseen)
        .chain(refused)
        .collect();
    lines.join("\n")
}

/// The cases of a return annotation.
fn cases(annotation: &str) -> String {
    let script = format!(
        r#"
from __future__ import annotations
import enum, typing
from enum import auto, StrEnum
from typing import *
from typing import AsyncIterator, Dict, Generator, Iterator, List, Literal, Optional, Tuple, Union
from slingshot_microservice import Microservice
class Kind(enum.Enum):
    TEXT = "text"
    FIVE = 5
    SAME = "text"
class Word(StrEnum):
    ONE = auto()
class Number(enum.IntEnum):
    ONE = auto()
    TEN = 10
    ELEVEN = auto()
class Computed(enum.Enum):
    A = "a" + "b"
Case = Literal["x", "y"]
Results = Iterator[Tuple[int, Case]]
def process(request) -> {annotation}: ...
Microservice("s", None, process).start()
"#
    );
    let seen = seen(&[("app.py", &script)]);
    let cases = seen.lines().nth(1).unwrap().trim_start().to_owned();
    let words = cases.split(' ').skip(1);
    let words: Vec<_> = words.map(|it| it.split('@').next().unwrap()).collect();
    words.join(" ")
}

#[test]
fn annotations_close_the_set_of_cases_as_the_package_has_it() {
    for (annotation, expected) in [
        ("None", ""),
        ("bool", "any"),
        ("Tuple[int, bool]", "false true"),
        ("tuple[int, Kind]", "\"text\" 5"),
        ("Tuple[int, Literal[\"a\", 1, True, -2]]", "\"a\" 1 true -2"),
        ("Tuple[int, Union[Kind, bool]]", "\"text\" 5 false true"),
        ("tuple[int, Kind | bool]", "\"text\" 5 false true"),
        ("Tuple[int, Union[Kind, str]]", "any"),
        ("Tuple[int, int]", "any"),
        ("Optional[Tuple[int, Kind]]", "\"text\" 5"),
        ("tuple[int, Kind] | None", "\"text\" 5"),
        ("List[Tuple[int, Word]]", "\"one\""),
        ("Dict[int, Number]", "1 10 11"),
        ("typing.Iterator[typing.Tuple[int, Kind]]", "\"text\" 5"),
        ("AsyncIterator[Tuple[int, Kind]]", "\"text\" 5"),
        ("Generator[Tuple[int, Kind], None, None]", "\"text\" 5"),
        (
            "Generator[Tuple[int, Union[bool, int, str]], None, None]",
            "any",
        ),
        ("Iterator[Tuple[int, Computed]]", "any"),
        ("Iterator[Tuple[int, Case]]", "\"x\" \"y\""),
        ("Results", "\"x\" \"y\""),
        ("Iterator[Tuple[int, NotToBeFound]]", "any"),
    ] {
        assert_eq!(cases(annotation), expected, "{annotation}");
    }
}

#[test]
fn services_are_found_with_their_places() {
    let constructed = r#"
import slingshot_microservice as sm
from kinds import Kind as K
IN = "in"
def begin(a, b, c): b("seed", 0)
def helper(open_one, id): return open_one("more", id)
def process(request: int, read_file, write_file: sm.typing.WriteFileFn, connection) -> "list":
    with read_file(IN, request) as reader, write_file(key="out", id=request) as writer:
        writer.write(reader.read() + helper(read_file, 7).read())
    yield request, K.A
if __name__ == "__main__":
    sm.Microservice("a", "host", begin, process, cases=K, replicas=4, timeout="25m", reads=["in", "x"]).start()
"#;
    let kinds = "from enum import Enum\nclass Kind(Enum):\n    A = 'a'\n";
    let decorated = r"
from slingshot_microservice import microservice, run
from package.parts import part
@microservice(deduplicate=True)
async def word_count(id: int) -> tuple[int, bool]: ...
run()
";
    let part = r#"
from slingshot_microservice import microservice, Microservice
@microservice(name="part", timeout=2.5)
def part(one, two, three, four): two("k", one)
if __name__ == "__main__":
    Microservice("not-run", None, part).start()
"#;
    insta::assert_snapshot!(
        seen(&[("app.py", constructed), ("kinds.py", kinds)]),
        @r#"
    a at app.py:12:21
      cases "a"@kinds.py:3:9
      reads in more x (own in) writes out seed (own out) all true
      replicas Some(4) timeout Some(1500s) database true
    "#
    );
    insta::assert_snapshot!(
        seen(&[("app.py", decorated), ("package/parts.py", part)]),
        @r#"
    word-count at app.py:5:11
      cases false@app.py:5:45 true@app.py:5:45
      reads  (own ) writes  (own ) all true
      replicas None timeout None database true
    part at package/parts.py:3:20
      cases any
      reads k (own k) writes  (own ) all true
      replicas None timeout Some(2.5s) database true
    "#
    );
}

#[test]
fn handlers_are_found_with_what_they_call() {
    let script = r#"
import slingshot_microservice as sm
from slingshot_microservice import AsyncBus, handler, microservice, run
from other import announce
AUDIT = "audit"
@handler
async def greet(name: str, bus: AsyncBus, queues: "sm.AsyncQueues") -> str:
    title = await bus.publish("titles", name)
    await bus.dispatch(handler=AUDIT, data="greeted")
    await queues.send("sniff", 7)
    await announce(1, line=bus)
    bus.publish(name)
    keep = [bus]
    bus.broadcast("news", title)
@sm.handler(name="titles", replicas=5)
def any_name(name: str): ...
@handler(name=AUDIT + "s")
def computed(): ...
@microservice()
def sniff(request: int, read_file, write_file, line: sm.Bus): line.publish("greet")
run()
"#;
    let other = "async def announce(n, line):\n    await line.publish('told')\n";
    insta::assert_snapshot!(seen(&[("app.py", script), ("other.py", other)]), @r"
    sniff at app.py:20:5
      cases any
      reads  (own ) writes  (own ) all true
      replicas None timeout None database false
      awaits greet at app.py:20:76
    handler greet at app.py:7:11
      awaits titles at app.py:8:31
      hands audit at app.py:9:32
      awaits told at other.py:2:24
      sends sniff at app.py:10:23
    handler titles at app.py:15:18
    unseen app.py:12:17: the handler of this call is no literal; whether there is one is not seen (greet: name the handler by a text or a constant, in a function of the script)
    unseen app.py:13:13: this use is not followed; which handlers it calls is not seen (greet: name the handler by a text or a constant, in a function of the script)
    unseen app.py:17:15: the name of this handler is computed (any: write the name as a text or a constant of the script, or name a manifest of the script in `[topology] manifests`)
    ");
    let one = "from slingshot_microservice import handler, run\n@handler\ndef one(): ...\nrun()\n";
    let directory = tempfile::tempdir().unwrap();
    let scripts = ["a.py", "b.py"].map(|name| directory.path().join(name));
    for script in &scripts {
        fs::write(script, one).unwrap();
    }
    let scanned = ScannedCode::of_scripts(&scripts, directory.path(), &Disk).unwrap();
    let [first, second] = &*scanned.code.handlers else {
        panic!("two scripts with a handler each");
    };
    assert_ne!(first.processes, second.processes);
}
