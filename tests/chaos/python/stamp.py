"""The service `stamp` in Python. What it does is said in `src/pipeline.rs`; both do the same.

It stands on more than the one in Rust: its replicas are processes of their own, and any of them may crash within a call,
as somebody's native module does.
"""

from __future__ import annotations

import ctypes
import os
import resource
import secrets
import sys

from sqlalchemy import Connection, text

from slingshot_microservice import Microservice, ObjectMissing, PermanentError, Retry
from slingshot_microservice.typing import ReadFileFn, WriteFileFn

#: A whole's parts are numbered within so many.
PARTS = 4

#: One call in so many fails after its insert, and one in as many would end the interpreter, if it could.
FAILING = 64

#: One call in so many ends its process after its insert.
CRASHING = 512

#: The call that takes this file away ends its process too: who lays it there knows when.
TRAP = os.environ["CHAOS_TRAP"]

SIZES = (0, 700, 9_000, 40_000)
WORD = (1 << 64) - 1


def contents(id: int) -> bytes:
    """The bytes of the object with an id: SplitMix64, as in `src/contents.rs`."""
    state = id
    words = bytearray()

    def throw() -> int:
        nonlocal state
        state = (state + 0x9E37_79B9_7F4A_7C15) & WORD
        mixed = ((state ^ (state >> 30)) * 0xBF58_476D_1CE4_E5B9) & WORD
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D0_49BB_1331_11EB) & WORD
        return mixed ^ (mixed >> 31)

    size = SIZES[throw() % len(SIZES)]
    while len(words) < size:
        words += throw().to_bytes(8, "little")
    return bytes(words[:size])


def stamp(part: int, read_file: ReadFileFn, write_file: WriteFileFn, connection: Connection):
    whole = part // PARTS
    try:
        with read_file("wholes", whole) as reader:
            found = reader.read()
    except ObjectMissing:
        # An object that is not there although its id was published is no accident that a retry may hide.
        raise PermanentError(f"the id {whole} was published before its object") from None
    if found != contents(whole):
        raise PermanentError(f"the object {whole} was read with other bytes than written ({len(found)})")
    token = secrets.randbits(63)
    write_file("stamps", token).write(contents(token))
    values = {"part": part, "token": token}
    connection.execute(text("INSERT INTO stamped (part, token) VALUES (:part, :token)"), values)
    chance = secrets.randbelow(CRASHING)
    if chance == 0 or is_trapped():
        ctypes.string_at(0)
    if chance % FAILING == 1:
        raise RuntimeError("as chance has it")
    if chance % FAILING == 2:
        sys.exit("as chance has it")
    yield token, "token"


def is_trapped() -> bool:
    try:
        os.unlink(TRAP)
    except FileNotFoundError:
        return False
    return True


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    retry = Retry(max=5, initial="1s", max_delay="5s")
    Microservice("stamp", None, stamp, replicas=4, deduplicate=True, retry=retry).start()
