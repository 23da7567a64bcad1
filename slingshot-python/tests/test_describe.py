"""Manifests and closed sets of cases: nothing here connects to anything."""

from __future__ import annotations

import enum
import json
import os
import pathlib
import subprocess
import sys
import textwrap
from typing import Any, AsyncIterator, Dict, Generator, Iterator, List, Literal, Optional, Tuple, Union

import pytest
from slingshot_microservice import Microservice, ServiceError, microservice, run
from slingshot_microservice._plan import cases


class Kind(enum.Enum):
    TEXT = "text"
    FIVE = 5


def describe(directory: pathlib.Path, source: str, *command: str) -> subprocess.CompletedProcess[str]:
    (directory / "app.py").write_text(textwrap.dedent(source))
    environment = {**os.environ, "SLINGSHOT_SYS_MAP": "http://127.0.0.1:1"}
    return subprocess.run(
        [sys.executable, *command], cwd=directory, env=environment, capture_output=True, text=True, timeout=30
    )


APP = """
    import enum
    from typing import Iterator, Tuple
    from slingshot_microservice import Microservice

    class Kind(enum.Enum):
        TEXT = "text"
        FIVE = 5

    def startup(write_file):
        pass

    def decorator(function):
        return function

    @decorator
    def process(request: int, read_file) -> Iterator[Tuple[int, Kind]]:
        yield request, Kind.TEXT

    if __name__ == "__main__":
        Microservice(
            "sniff", "sys-map.example.com", startup, process, replicas=4, prefetch=9, timeout="90m", unrouted="drop",
            retry={"max": 9}, deduplicate="36h", reads=["in"], writes=["out"],
        ).start()
        print("not reached")
"""


@pytest.mark.brief
@pytest.mark.parametrize("command", [("-m", "slingshot_microservice", "describe", "app.py"), ("app.py", "--describe")])
def test_a_script_says_what_it_holds(tmp_path: pathlib.Path, command: Tuple[str, ...]) -> None:
    described = describe(tmp_path, APP, *command)
    assert described.returncode == 0, described.stderr
    assert json.loads(described.stdout) == {
        "format_version": 1,
        "services": [
            {
                "name": "sniff",
                "source": {"file": "app.py", "line": 17, "column": 1},
                "sys_map": "sys-map.example.com",
                "cases": ["text", 5],
                "reads": ["in"],
                "writes": ["out"],
                "needs": {"objects": True, "database": True},
                "replicas": 4,
                "prefetch": 9,
                "timeout": "90m",
                "startup": True,
                "transaction": True,
                "unrouted": "drop",
                "retry": {"max": 9, "initial": "1s", "factor": 2, "max_delay": "5m"},
                "deduplicate": "36h",
            }
        ],
        "handlers": [],
    }


def test_what_a_script_prints_is_no_part_of_its_manifest(tmp_path: pathlib.Path) -> None:
    printing = """
        import os, subprocess, sys
        from slingshot_microservice import Microservice

        print("loading the model")
        os.write(1, b"from C\\n")
        subprocess.run([sys.executable, "-c", "print('from elsewhere')"], check=True)
        try:
            Microservice("sniff", None, lambda request: None).start()
        finally:
            print("on the way out")
    """
    described = describe(tmp_path, printing, "-m", "slingshot_microservice", "describe", "app.py")
    assert [service["name"] for service in json.loads(described.stdout)["services"]] == ["sniff"]
    said = ["from C", "from elsewhere", "loading the model", "on the way out"]
    assert sorted(described.stderr.splitlines()) == said


def test_a_script_without_a_service_says_so(tmp_path: pathlib.Path) -> None:
    described = describe(tmp_path, "", "-m", "slingshot_microservice", "describe", "app.py")
    assert (described.returncode, described.stdout) == (2, "")
    assert described.stderr == "app.py ended without a service\n"
    missing = describe(tmp_path, "", "-m", "slingshot_microservice", "describe", "other.py")
    assert (missing.returncode, missing.stderr) == (4, "there is no script other.py\n")


@pytest.mark.brief
def test_annotations_close_the_set_of_cases() -> None:
    def check(annotation: Any, expected: Optional[List[Any]]) -> None:
        def process(request: int) -> None: ...

        process.__annotations__["return"] = annotation
        found = cases(process)
        typed = None if found is None else [(type(case), case) for case in found]
        assert typed == (None if expected is None else [(type(case), case) for case in expected])

    check(None, [])
    check(bool, None)
    check(Tuple[int, bool], [False, True])
    check(Tuple[int, Kind], ["text", 5])
    check(Tuple[int, Literal["a", 1, True]], ["a", 1, True])
    check(Tuple[int, Union[Kind, bool]], ["text", 5, False, True])
    check(Tuple[int, Union[Kind, str]], None)
    check(Tuple[int, int], None)
    check(Optional[Tuple[int, Kind]], ["text", 5])
    check(List[Tuple[int, Kind]], ["text", 5])
    check(Dict[int, Kind], ["text", 5])
    check(Iterator[Tuple[int, Kind]], ["text", 5])
    check(AsyncIterator[Tuple[int, Kind]], ["text", 5])
    check(Generator[Tuple[int, Kind], None, None], ["text", 5])
    check(Generator[Tuple[int, Union[bool, int, str]], None, None], None)
    check("Iterator[Tuple[int, NotToBeFound]]", None)

    def unannotated(request): ...  # type: ignore[no-untyped-def]

    assert cases(unannotated) is None


def test_mistakes_are_told_where_they_are_made() -> None:
    def process(request: int) -> None: ...

    def strange(request: int, cursor: Any) -> None: ...

    def early(request: int) -> None: ...

    def check(words: str, *functions: Any, **options: Any) -> None:
        with pytest.raises(ServiceError) as raised:
            Microservice("sniff", "sys-map.example.com", *functions, **options)
        assert words in str(raised.value)

    check("`sniff` has no function")
    check("takes `cursor`, which is nothing that a message offers: it offers request, read_file", strange)
    check("takes `request`, which is nothing that a startup function offers", early, process)
    check("has 3 functions", early, process, process)
    check("replicas of `sniff` is a number from 1 to 1000, and not 0", process, replicas=0)
    check("workers of `sniff` is a number of processes or 'threads'", process, workers="fibers")
    check("`25` is not a duration", process, timeout="25")
    check("unrouted of `sniff` is", process, unrouted="lose")
    check("`sniff` deduplicates in its transaction", process, deduplicate=True, transaction=False)
    check("retry is a Retry", process, retry={"most": 3})
    check("retry's max of `sniff` is a number from 0 to 4294967295, and not -1", process, retry={"max": -1})
    check("retry's factor of `sniff` is a number from 0 to 4294967295, and not 1.5", process, retry={"factor": 1.5})
    with pytest.raises(ServiceError, match="there is no service"):
        run([])
    with pytest.raises(ServiceError, match="with parentheses"):
        microservice(process)  # type: ignore[arg-type]


def test_without_the_interpreter_s_lock_replicas_are_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    def process(request: int) -> None:
        pass

    chosen = {}
    for is_locked in (True, False):
        monkeypatch.setattr(sys, "_is_gil_enabled", lambda: is_locked, raising=False)
        services = [Microservice("sniff", None, process, workers=workers) for workers in (None, 2, "threads")]
        chosen[is_locked] = [service.workers for service in services]
    assert chosen == {True: [None, 2, "threads"], False: ["threads", 2, "threads"]}


def test_what_a_script_raises_is_shown_from_the_script_on(tmp_path: pathlib.Path) -> None:
    raised = describe(tmp_path, "import no_such_package\n", "-m", "slingshot_microservice", "describe", "app.py")
    assert raised.returncode == 1
    assert raised.stderr.splitlines()[:2] == ["Traceback (most recent call last):", '  File "app.py", line 1, in <module>']
    assert raised.stderr.splitlines()[-1] == "ModuleNotFoundError: No module named 'no_such_package'"
    refused = describe(tmp_path, "def (\n", "-m", "slingshot_microservice", "describe", "app.py")
    assert refused.returncode == 1
    assert refused.stderr.splitlines()[0].strip() == 'File "app.py", line 1'
    assert "runpy" not in raised.stderr + refused.stderr
