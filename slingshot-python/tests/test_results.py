"""What functions return, yield and raise, and what becomes of their messages."""

from __future__ import annotations

import time

import pytest
from conftest import Stage

SHAPES = """
import enum
from slingshot_microservice import Microservice

class Kind(enum.Enum):
    TEXT = "text"
    FIVE = 5
    YES = True

def results(request):
    yield 1, Kind.TEXT
    yield 2, Kind.FIVE
    yield 3, Kind.YES
    yield 2**64 - 1, "text"

SHAPES = {
    0: None,
    1: (1, "text"),
    2: [(1, "text"), (2, 5)],
    3: ((1, True), (2, "text")),
    4: {1: "text", 2: 5},
    5: (pair for pair in [(7, 5)]),
}

def process(request):
    return results(request) if request == 9 else SHAPES[request]

Microservice("shapes", None, process, unrouted="drop").start()
"""


def test_results_come_in_all_their_shapes(stage: Stage) -> None:
    stage.service("shapes", {"text": "text", 5: "five", True: "yes"})
    script = stage.start(SHAPES)
    stage.send("shapes", 0, 1, 2, 3, 4, 5, 9)
    assert stage.take("text", 6) == [1, 1, 2, 1, 1, 2**64 - 1]
    assert stage.take("five", 4) == [2, 2, 7, 2]
    assert stage.take("yes", 2) == [1, 3]
    assert script.end() == 0


FAILURES = """
import os
from slingshot_microservice import Microservice, PermanentError, RetryAfter, Skip

class Stubborn(PermanentError):
    pass

WRONG = [
    (1, 1.5), (-1, True), (2**64, True), (True, True), (1, None), (1, 2**64), 7, "text", [(1, "a", "b")], [1, 2],
]

def process(request, delivery):
    if request < len(WRONG):
        return WRONG[request]
    if request == 50:
        raise Stubborn("no such customer")
    if request == 51:
        raise Skip("paid in cash")
    if request == 52 and delivery.attempt == 1:
        raise RetryAfter(1.5, "busy")
    if request == 53:
        try:
            {}["key"]
        except KeyError as error:
            raise RuntimeError("a bad day") from error
    if request == 54:
        raise SystemExit(3)
    if request == 55:
        try:
            raise PermanentError("deep down")
        except PermanentError:
            raise ValueError("on top")
    return request, True

Microservice("failing", None, process, retry={"max": 2, "initial": "50ms"}).start()
"""


@pytest.mark.brief
def test_wrong_results_are_dead_letters_that_show_them(stage: Stage) -> None:
    stage.service("failing", {True: "done"})
    script = stage.start(FAILURES)
    stage.send("failing", *range(10))
    letters = stage.dead_letters("failing", 10)
    told = {int(body): properties.headers for properties, body in letters}
    assert {headers["x-slingshot-error-type"] for headers in told.values()} == {"permanent"}
    messages = {id: headers["x-slingshot-error-message"] for id, headers in told.items()}
    start = "the function of the service `failing` yielded "
    a_case = ": a case is a bool, an int of 64 bits, a str, or an Enum of them"
    an_id = ": an id is an int from 0 to 2**64 - 1"
    a_pair = ": a result is a pair of an id and a case"
    results = ": a function returns or yields pairs of an id and a case"
    assert messages == {
        0: f"{start}(1, 1.5){a_case}",
        1: f"{start}(-1, True){an_id}",
        2: f"{start}({2**64}, True){an_id}",
        3: f"{start}(True, True){an_id}",
        4: f"{start}(1, None){a_case}",
        5: f"{start}(1, {2**64}){a_case}",
        6: f"{start}7{results}",
        7: f"{start}'text'{results}",
        8: f"{start}(1, 'a', 'b'){a_pair}",
        9: f"{start}1{a_pair}",
    }
    stage.send("failing", 99)
    assert stage.take("done", 1) == [99]
    assert script.end() == 0


def test_exceptions_say_what_becomes_of_their_messages(stage: Stage) -> None:
    stage.service("failing", {True: "done"})
    script = stage.start(FAILURES)
    begun = time.monotonic()
    stage.send("failing", 50, 51, 52, 53, 54, 55)
    letters = stage.dead_letters("failing", 4)
    told = {int(body): properties.headers for properties, body in letters}
    brief = {
        id: tuple(headers[f"x-slingshot-error-{word}"] for word in ("type", "attempt", "message"))
        for id, headers in told.items()
    }
    assert brief == {
        50: ("permanent", "1", "Stubborn: no such customer"),
        53: ("error", "2", "RuntimeError: a bad day"),
        54: ("error", "2", "SystemExit: 3"),
        55: ("permanent", "1", "ValueError: on top"),
    }
    chain = told[53]["x-slingshot-error-chain"]
    assert "KeyError: 'key'" in chain and "direct cause" in chain and 'raise RuntimeError("a bad day")' in chain
    assert stage.take("done", 1) == [52]
    assert time.monotonic() - begun > 1.5
    assert stage.depth("failing") == 0
    tracebacks = [line["message"] for line in script.lines() if "RuntimeError: a bad day" in line["message"]]
    assert len(tracebacks) == 2
    assert script.end() == 0


def test_functions_take_what_they_name(stage: Stage) -> None:
    stage.service("arguments", {"done": "done"})
    script = stage.start(
        """
        from slingshot_microservice import Delivery, Microservice

        class Counter:
            calls = 0

            def __call__(self, *, delivery, request, extra=5):
                self.calls += 1
                assert isinstance(delivery, Delivery) and extra == 5
                assert delivery.attempt == 1 and delivery.message_id == "an-id", delivery.message_id
                assert isinstance(delivery.headers, dict)
                yield request + self.calls, "done"

        Microservice("arguments", process=Counter()).start()
        """
    )
    stage.send("arguments", 10, 10, message_id="an-id")
    assert sorted(stage.take("done", 2)) == [11, 12]
    assert script.end() == 0


def test_the_predecessor_s_functions_are_called_by_place(stage: Stage) -> None:
    stage.service("by-place", {True: "done"}, ("in", "out"))
    stage.put("in", 3, b"content")
    script = stage.start(
        """
        from slingshot_microservice import Microservice

        def process(id, reader, writer, db):
            writer("out", id).write(reader("in", id).read())
            yield id, db.exec_driver_sql("SELECT 1").scalar() == 1

        Microservice("by-place", None, process).start()
        """
    )
    stage.send("by-place", 3)
    assert stage.take("done", 1) == [3]
    assert stage.get("out", 3) == b"content"
    assert script.end() == 0
