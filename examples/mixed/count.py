"""The service `count`: which words a text has, and how often."""

from __future__ import annotations

from collections import Counter
from typing import Iterator, Tuple

from kinds import Variety
from slingshot_microservice import microservice, run
from slingshot_microservice.typing import ReadFileFn, WriteFileFn

#: A text of more different words has many.
FEW = 50


@microservice(name="count", replicas=2, reads=["words"], writes=["out"])
def count(request: int, read_file: ReadFileFn, write_file: WriteFileFn) -> Iterator[Tuple[int, Variety]]:
    """Reads words, one a line, and writes a table of them."""
    with read_file("words", request) as words:
        counted = Counter(word.decode().rstrip("\n") for word in words)
    with write_file("out", request) as table:
        for word, times in sorted(counted.items(), key=lambda found: (-found[1], found[0])):
            table.write(f"{times}\t{word}\n")
    yield request, Variety.FEW if len(counted) <= FEW else Variety.MANY


if __name__ == "__main__":
    run()
