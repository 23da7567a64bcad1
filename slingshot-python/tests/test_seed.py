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


@pytest.mark.skipif(sys.version_info < (3, 10), reason="the example writes `bool | int | str`, which 3.9 cannot read")
def test_the_example_runs_with_a_startup_function_before_its_own(stage: Stage) -> None:
    stage.service("simple-py-microservice", {True: "done"}, ("in", "out"))
    stage.put("in", 7, b"Ada")
    example = EXAMPLE.replace('"sys-map.slingshot.cv", process)', '"sys-map.slingshot.cv", startup, process)')
    startup = '''
def startup(read_file: ReadFileFn, write_file: WriteFileFn, connection: Connection):
    write_file("out", 1).write("started")
    yield (1, True)


microservice ='''
    script = stage.start(example.replace("\nmicroservice =", startup, 1))
    stage.send("simple-py-microservice", 7)
    assert stage.take("done", 2) == [1, 7]
    assert [stage.get("out", id) for id in (1, 7)] == [b"started", b"Hello Ada"]
    assert script.end() == 0
