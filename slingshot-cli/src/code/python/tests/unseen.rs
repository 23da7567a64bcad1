//! What scripts hide, and what only seems hidden.

use std::fs;

use super::{Disk, Found, Modules, seen};

#[test]
fn what_is_not_seen_is_told() {
    let script = r#"
from slingshot_microservice import Microservice
import os
def process(request, read_file, write_file):
    read_file(f"in-{request}", request)
    os.fspath(write_file)
Microservice(os.environ["NAME"], None, process).start()
Microservice("a", None, process).start()
Microservice("b", None, lambda request: None).start()
"#;
    insta::assert_snapshot!(seen(&[("app.py", script)]), @r#"
    a at app.py:8:14
      cases any
      reads  (own ) writes  (own ) all false
      replicas None timeout None database false
    b at app.py:9:14
      cases any
      reads  (own ) writes  (own ) all false
      replicas None timeout None database false
    unseen app.py:7:14: the name of this service is computed (any: write the name as a text or a constant of the script, or name a manifest of the script in `[topology] manifests`)
    unseen app.py:5:15: this key is computed (a: say all of the service's keys where it is made: `reads=[".."]`, `writes=[".."]`)
    unseen app.py:6:15: it is given away here, and the keys are not seen (a: say all of the service's keys where it is made: `reads=[".."]`, `writes=[".."]`)
    unseen app.py:9:25: this function is none that the script defines (b: say all of the service's keys where it is made: `reads=[".."]`, `writes=[".."]`)
    "#);
    insta::assert_snapshot!(seen(&[("app.py", "def process(request:\n  yield")]), @r#"
    refused app.py:1:1: this is not Python
    "#);
}

#[test]
fn a_chain_of_helpers_is_followed_to_its_end_and_a_circle_once() {
    let script = r#"
from slingshot_microservice import Bus, microservice
@microservice(name="a")
def process(request, read_file, bus: Bus) -> None:
    step_0(read_file, bus)
def step_30(read, line):
    read("in", 1)
    line.publish("titles")
    step_0(read, line)
"#;
    let step = |n: usize| format!("def step_{n}(read, line): step_{}(read, line)\n", n + 1);
    let steps: String = (0..30).map(step).collect();
    let script = script.to_owned() + &steps;
    insta::assert_snapshot!(seen(&[("app.py", &script)]), @r"
    a at app.py:3:20
      cases 
      reads in (own ) writes  (own ) all true
      replicas None timeout None database false
      awaits titles at app.py:8:18
    ");
}

#[test]
fn names_come_by_a_star_too() {
    let script = r#"
from slingshot_microservice import *
from keys import *
@microservice(name="a")
def process(request, read_file) -> tuple[int, bool]:
    read_file(KEY, request)
Microservice(NAME, None, process).start()
"#;
    let keys = "KEY = 'in'\nNAME = 'b'\n";
    insta::assert_snapshot!(seen(&[("app.py", script), ("keys.py", keys)]), @r"
    a at app.py:4:20
      cases false@app.py:5:47 true@app.py:5:47
      reads in (own in) writes  (own ) all true
      replicas None timeout None database false
    b at app.py:7:14
      cases false@app.py:5:47 true@app.py:5:47
      reads in (own in) writes  (own ) all true
      replicas None timeout None database false
    ");
}

#[test]
fn said_keys_are_all_there_are() {
    let script = r#"
from slingshot_microservice import Microservice
from keys import KEYS, OUT
def process(request, read_file, write_file) -> None:
    read_file(f"in-{request}", request)
Microservice("a", None, process, reads=KEYS, writes=[OUT]).start()
Microservice("b", None, lambda request: None, cases=[True], reads=("in",)).start()
Microservice("c", None, process, reads=[str(1)]).start()
Microservice("d", None, process, **OPTIONS).start()
Microservice(**OPTIONS).start()
"#;
    let keys = "OUT = 'out'\nKEYS = ['in', OUT]\n";
    insta::assert_snapshot!(seen(&[("app.py", script), ("keys.py", keys)]), @r#"
    a at app.py:6:14
      cases 
      reads in out (own ) writes out (own ) all true
      replicas None timeout None database false
    b at app.py:7:14
      cases true@app.py:7:54
      reads in (own ) writes  (own ) all true
      replicas None timeout None database false
    c at app.py:8:14
      cases 
      reads  (own ) writes  (own ) all false
      replicas None timeout None database false
    d at app.py:9:14
      cases any
      reads  (own ) writes  (own ) all false
      replicas None timeout None database false
    unseen app.py:8:41: this key is computed (c: say all of the service's keys where it is made: `reads=[".."]`, `writes=[".."]`)
    unseen app.py:5:15: this key is computed (d: say all of the service's keys where it is made: `reads=[".."]`, `writes=[".."]`)
    unseen app.py:9:34: what else this gives the service is not seen (d: say all of the service's keys where it is made: `reads=[".."]`, `writes=[".."]`)
    unseen app.py:10:14: the name of this service is computed (any: write the name as a text or a constant of the script, or name a manifest of the script in `[topology] manifests`)
    "#);
}

#[test]
fn files_beyond_the_bound_are_said_to_be_left_out() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = directory.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let script = file(
        "app.py",
        "import one\nimport two\nfrom slingshot_microservice import Microservice\nMicroservice('a', None).start()\n",
    );
    file("one.py", "");
    file("two.py", "");
    let found = |most_files| {
        let modules = Modules::of(&script, directory.path(), &Disk, most_files).unwrap();
        Found::of(&modules)
    };
    assert!(!found(3).hides_services);
    let found = found(2);
    assert!(found.hides_services);
    insta::assert_debug_snapshot!(found.unseen.iter().map(|it| (it.at.to_string(), &it.what, &it.help)).collect::<Vec<_>>(), @r#"
    [
        (
            "app.py:2:1",
            "this is not read, nor what comes after it: the script imports too many files from beside it",
            "describe the script with `slingshot describe --format json`, and name that manifest in `[topology] manifests`",
        ),
    ]
    "#);
}
