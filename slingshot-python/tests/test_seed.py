"""The predecessor's README, word for word."""

from __future__ import annotations

import sys

import pytest
from conftest import Stage

#: `seeds`, the Python example.
EXAMPLE = '''\
from typing import Generator
from sqlalchemy.engine.base import Connection

from slingshot_microservice.typing import ReadFileFn, WriteFileFn
from slingshot_microservice import Microservice


def process(
    request: int,
    read_file: ReadFileFn,
    write_file: WriteFileFn,
    connection: Connection,
) -> Generator[tuple[int, bool | int | str], None, None]:
    reader = read_file("in", request)
    input_data = reader.read().decode()

    writer = write_file("out", request)
    writer.write(f"Hello {input_data}".encode())

    yield (request, True)


microservice = Microservice("simple-py-microservice", "sys-map.slingshot.cv", process)
microservice.start()
'''


@pytest.mark.skipif(sys.version_info < (3, 10), reason="the example writes `bool | int | str`, which 3.9 cannot read")
def test_the_example_runs_as_it_is_written(stage: Stage) -> None:
    stage.service("simple-py-microservice", {True: "done"}, ("in", "out"))
    stage.put("in", 7, b"Ada")
    script = stage.start(EXAMPLE)
    stage.send("simple-py-microservice", 7)
    assert stage.take("done", 1) == [7]
    assert stage.get("out", 7) == b"Hello Ada"
    assert script.end() == 0


#: The README of its version 0.1.7.
WITH_STARTUP = '''\
from typing import Generator
from sqlalchemy.engine.base import Connection

from slingshot_microservice.typing import ReadFileFn, WriteFileFn
from slingshot_microservice import Microservice


def startup(
    read_file: ReadFileFn,
    write_file: WriteFileFn,
    connection: Connection,
) -> Generator[tuple[int, bool | int | str], None, None]:
    if False:
        yield (0, True)


def process(
    request: int,
    read_file: ReadFileFn,
    write_file: WriteFileFn,
    connection: Connection,
) -> Generator[tuple[int, bool | int | str], None, None]:
    reader = read_file("in", request)
    input_data = reader.read().decode()

    writer = write_file("out", request)
    writer.write(f"Hello {input_data}".encode())

    yield (request, True)


microservice = Microservice(
    "simple-py-microservice",
    "sys-map.slingshot.cv",
    startup,
    process,
)
microservice.start()
'''


@pytest.mark.skipif(sys.version_info < (3, 10), reason="the example writes `bool | int | str`, which 3.9 cannot read")
@pytest.mark.parametrize("connection", ["connection", "_connection"])
def test_the_later_example_runs_as_it_is_written(stage: Stage, connection: str) -> None:
    """Its repository has it once more, with a parameter of another name."""
    stage.service("simple-py-microservice", {True: "done"}, ("in", "out"))
    stage.put("in", 7, b"Ada")
    script = stage.start(WITH_STARTUP.replace("    connection:", f"    {connection}:"))
    stage.send("simple-py-microservice", 7)
    assert stage.take("done", 1) == [7]
    assert stage.get("out", 7) == b"Hello Ada"
    assert script.end() == 0


@pytest.mark.skipif(sys.version_info < (3, 10), reason="the example writes `bool | int | str`, which 3.9 cannot read")
def test_what_its_startup_function_yields_is_routed(stage: Stage) -> None:
    stage.service("simple-py-microservice", {True: "done"}, ("in", "out"))
    example = WITH_STARTUP.replace("if False:", 'write_file("out", 0).write("started")\n    if True:')
    script = stage.start(example)
    assert stage.take("done", 1) == [0]
    assert stage.get("out", 0) == b"started"
    assert script.end() == 0
