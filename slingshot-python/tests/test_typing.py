"""The package and code that uses it, as type checkers see them."""

from __future__ import annotations

import importlib
import pathlib
import subprocess
import sys

import slingshot_microservice

SERVICE = '''
import enum
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any, Optional

from slingshot_microservice import Delivery, Microservice, Retry, microservice, run
from slingshot_microservice.testing import Buckets, rehearse
from slingshot_microservice.typing import ReadFileFn, WriteFileFn
from sqlalchemy.engine import Connection


class Kind(enum.Enum):
    TEXT = "text"


def process(
    request: int, read_file: ReadFileFn, write_file: WriteFileFn, connection: Connection
) -> Iterator[tuple[int, Kind]]:
    with read_file("in", request) as reader:
        content: bytes = reader.read()
    value: Any = json.load(read_file("in", request))
    with write_file("out", request) as writer:
        writer.write(content)
        writer.write("text")
    if value:
        yield request, Kind.TEXT


def startup(read_file: ReadFileFn) -> None: ...


@microservice(name="waiting", replicas=20, timeout="5s")
async def waiting(request: int, delivery: Delivery) -> AsyncIterator[tuple[int, str]]:
    yield delivery.attempt, "done"


@microservice()
def single(request: int) -> Optional[tuple[int, bool]]:
    return request, True


Microservice("sniff", "sys-map.example.com", process, retry=Retry(max=3, initial="10s"))
Microservice("sniff", "sys-map.example.com", startup, process, deduplicate=True)
results: list[tuple[int, "bool | int | str"]] = rehearse(single, 7, buckets=Buckets({"in": {7: b"text"}}))
run()
'''

WRONG = """
from slingshot_microservice import Microservice


def process(request: int) -> tuple[int, float]:
    return request, 1.5


Microservice("sniff", "sys-map.example.com", process)
Microservice("sniff", "sys-map.example.com", process, replicas="4")
"""


def check(directory: pathlib.Path, *command: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, "-m", *command], cwd=directory, capture_output=True, text=True)


def test_the_package_is_clean_under_mypy_strict(tmp_path: pathlib.Path) -> None:
    importlib.import_module("mypy")
    package = pathlib.Path(slingshot_microservice.__file__).parent
    (tmp_path / "service.py").write_text(SERVICE)
    checked = check(tmp_path, "mypy", "--strict", "service.py")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    checked = check(tmp_path, "mypy", "--strict", "-p", "slingshot_microservice")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert package.joinpath("py.typed").exists()


def test_a_service_is_clean_under_pyright(tmp_path: pathlib.Path) -> None:
    (tmp_path / "service.py").write_text(SERVICE)
    (tmp_path / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}')
    checked = check(tmp_path, "pyright", "--pythonpath", sys.executable, "service.py")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_a_wrong_case_is_a_type_error(tmp_path: pathlib.Path) -> None:
    importlib.import_module("mypy")
    (tmp_path / "service.py").write_text(WRONG)
    checked = check(tmp_path, "mypy", "--strict", "service.py")
    assert checked.returncode == 1
    errors = [line for line in checked.stdout.splitlines() if "error:" in line]
    assert len(errors) == 3 and "float" in errors[0] and '"replicas"' in errors[2], checked.stdout
