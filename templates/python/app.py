"""The service `<<name>>`: counts the lines, words and bytes of a text."""

from __future__ import annotations

from enum import Enum
from typing import Iterator, Tuple

from slingshot_microservice import Microservice
from slingshot_microservice.typing import ReadFileFn, WriteFileFn


class Found(Enum):
    """What a request turned out to be. Each case has its line under `out` in slingshot.toml."""

    TEXT = "text"
    EMPTY = "empty"


def process(request: int, read_file: ReadFileFn, write_file: WriteFileFn) -> Iterator[Tuple[int, Found]]:
    """Reads the object that the request names and writes what it counted as an object of the same id."""
    lines = words = size = 0
    with read_file("in", request) as text:
        for line in text:                # line by line, so that a text of any size fits
            lines += 1
            words += len(line.split())
            size += len(line)
    if size == 0:
        yield request, Found.EMPTY
        return
    with write_file("out", request) as counts:
        counts.write(f"{lines} lines, {words} words, {size} bytes\n")
    yield request, Found.TEXT


if __name__ == "__main__":
    Microservice("<<name>>", process=process, replicas=2, reads=["in"], writes=["out"]).start()
