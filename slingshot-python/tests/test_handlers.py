"""Handlers without a server: how they are described and called, their bus and their state."""

from __future__ import annotations

import asyncio
import json
import pathlib
import threading
import time
from dataclasses import dataclass
from typing import Any, Dict, List, Optional

import pytest
from slingshot_microservice import (
    AsyncBus,
    AsyncQueues,
    Broadcast,
    Bus,
    CallError,
    Missed,
    Payload,
    Queues,
    Refusal,
    Reply,
    RequestHead,
    SendError,
    ServiceError,
    SharedState,
    Source,
    StateError,
    handler,
)
from slingshot_microservice._handler import Handler
from slingshot_microservice.testing import Handlers

from test_describe import describe

pytestmark = pytest.mark.brief


@dataclass
class Order:
    item: str
    count: int = 1


@handler
def titles(name: str) -> str:
    return f"dear {name}"


@handler(replicas=5)
async def greet(bus: AsyncBus, name: str, state: SharedState) -> str:
    title = await bus.publish("titles", name)
    state.update("greeted", lambda count: count + 1, 0)
    return f"Hello, {title.text()}"


@handler
def order(order: Order, source: Source, head: RequestHead, *, queues: Queues) -> Dict[str, Any]:
    return {"order": order, "source": source, "agent": head.header("user-agent")}


@handler
def circle(bus: Bus) -> None:
    bus.publish("circle")


@handler
async def async_circle(bus: AsyncBus) -> None:
    await bus.publish("async_circle")


@handler
def refuses(name: str = "nobody") -> Payload:
    raise Refusal(404, f"there is no {name}")


@handler
def breaks(data: bytes) -> None:
    try:
        raise KeyError("secret")
    except KeyError as error:
        raise ValueError("more secret") from error


@handler
async def passes_on(bus: AsyncBus) -> None:
    await bus.publish("sleeps", timeout=0.1)


@handler(timeout="20s")
async def sleeps(state: SharedState) -> None:
    try:
        await asyncio.sleep(15)
    except asyncio.CancelledError:
        state.insert("cancelled", True)
        raise


@handler(replicas=1, queue=0)
def held(state: SharedState) -> None:
    started, release = state.get("gates")
    started.set()
    release.wait(20)


@handler
def exits() -> None:
    raise SystemExit(3)


@handler
async def async_exits() -> None:
    raise SystemExit(3)


@handler
def odd() -> object:
    return object()


@handler
async def tells(bus: AsyncBus, what: str) -> None:
    await bus.broadcast("news", what)


def test_handlers_are_functions_that_know_each_other() -> None:
    handlers = Handlers()
    assert handlers.call("greet", "Ada").text() == "Hello, dear Ada"
    assert handlers.state.get("greeted", int) == 1
    assert titles("Bob") == "dear Bob"
    assert asyncio.run(greet(handlers.async_bus, "Bob", handlers.state)) == "Hello, dear Bob"
    assert handlers.state.get("greeted", int) == 2
    answer = handlers.call("order", {"item": "nut", "more": 1}).json()
    assert answer == {"order": {"item": "nut", "count": 1}, "source": "rehearsal", "agent": None}


def refusal(handlers: Handlers, name: str, data: object = None, timeout: Optional[float] = None) -> Any:
    with pytest.raises(CallError) as raised:
        handlers.call(name, data, timeout=timeout)
    return raised.value.kind, raised.value.status, str(raised.value)


def test_a_call_without_a_reply_says_why() -> None:
    handlers = Handlers()
    assert refusal(handlers, "nobody") == ("not-found", 404, "Handler not found: nobody")
    wrong = "the data does not fit: `count`: expected a whole number, and not \"2\""
    assert refusal(handlers, "order", {"item": "nut", "count": "2"}) == ("malformed", 400, wrong)
    assert refusal(handlers, "titles", b"\xff")[:2] == ("malformed", 400)
    assert refusal(handlers, "refuses") == ("error", 404, "there is no nobody")
    assert refusal(handlers, "refuses", "tea") == ("error", 404, "there is no tea")
    # What was not raised to be told is not told.
    assert refusal(handlers, "breaks", b"") == ("error", 500, "`breaks` raised ValueError")
    assert refusal(handlers, "odd")[:2] == ("error", 500)
    assert refusal(handlers, "exits") == ("error", 500, "`exits` raised SystemExit")
    assert refusal(handlers, "async_exits") == ("error", 500, "`async_exits` raised SystemExit")
    # The event loop still runs.
    assert handlers.call("greet", "Ada").text() == "Hello, dear Ada"


def test_handlers_that_wait_for_themselves_are_stopped() -> None:
    handlers = Handlers()
    for name in ("circle", "async_circle"):
        kind, status, message = refusal(handlers, name)
        assert (kind, status) == ("error", 500)
        assert message.startswith(f"rehearsal → {name} → {name}: handlers may call each other to a depth of 16")


def test_time_is_bounded_and_who_is_not_waited_for_is_cancelled() -> None:
    handlers = Handlers()
    begun = time.monotonic()
    kind, status, message = refusal(handlers, "sleeps", timeout=0.2)
    assert (kind, status) == ("timeout", 504) and "`sleeps` did not answer" in message
    assert time.monotonic() - begun < 5
    until = time.monotonic() + 10
    while handlers.state.get("cancelled", bool) is None:
        assert time.monotonic() < until
        time.sleep(0.01)
    # A handler that its own call took too long keeps the call's status.
    assert refusal(handlers, "passes_on")[:2] == ("error", 504)


def test_a_full_line_is_an_error_at_once() -> None:
    handlers = Handlers(held)
    started, release = threading.Event(), threading.Event()
    handlers.state.insert("gates", (started, release))
    running = threading.Thread(target=handlers.call, args=("held",))
    running.start()
    try:
        assert started.wait(10)
        assert refusal(handlers, "held")[:2] == ("line-full", 429)
    finally:
        release.set()
        running.join()


def test_listeners_hear_what_is_told() -> None:
    handlers = Handlers(tells)
    heard = handlers.bus.subscribe("news")
    with pytest.raises(TimeoutError):
        heard.next(timeout=0.05)
    handlers.call("tells", "one")
    assert heard.next(timeout="10s") == Broadcast(Source("tells"), Payload("one"))
    for number in range(1030):
        handlers.bus.broadcast("news", {"n": number})
    assert heard.next() == Missed(6)
    assert next(iter(heard)) == Broadcast(Source("rehearsal"), Payload({"n": 6}))

    async def listen() -> List[Any]:
        topic = await handlers.async_bus.subscribe("news")
        await handlers.async_bus.broadcast("news", b"two")
        await handlers.async_bus.broadcast("news")
        found = []
        async for told in topic:
            found.append(told.payload.bytes() if isinstance(told, Broadcast) else told)
            if len(found) == 2:
                break
        with pytest.raises((TimeoutError, asyncio.TimeoutError)):
            await asyncio.wait_for(topic.next(), 0.05)
        return found

    assert asyncio.run(listen()) == [b"two", b""]


def test_nothing_is_sent_by_a_test() -> None:
    handlers = Handlers(titles)
    with pytest.raises(SendError, match="SLINGSHOT_SYS_MAP"):
        handlers.queues.send("sniff", 7)
    with pytest.raises(SendError, match="SLINGSHOT_SYS_MAP"):
        asyncio.run(handlers.async_queues.send_all("sniff", [7, 8]))

    async def blocks() -> None:
        with pytest.raises(RuntimeError, match="an `async def` function takes `AsyncBus`"):
            handlers.bus.publish("titles", "x")

    asyncio.run(blocks())


def test_state_is_typed_and_no_update_is_lost() -> None:
    state = SharedState()
    assert state.get("n", int) is None and state.remove("n") is None
    assert state.update("n", lambda n: n + 1, 0) == 1

    def add() -> None:
        for _ in range(500):
            state.update("n", lambda n: n + 1, 0)

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert state.get("n", int) == 2001

    def check(wrong: Any, words: str) -> None:
        with pytest.raises(StateError, match=words):
            wrong()

    stored = "`n` in the shared state is of type `int`, and was taken for `str`"
    check(lambda: state.get("n", str), stored)
    check(lambda: state.remove("n", str), stored)
    check(lambda: state.update("n", lambda text: text + "x", ""), stored)
    check(lambda: state.update("n", lambda n: str(n), 0), "is of type `str`, and was taken for `int`")  # type: ignore
    check(lambda: state.get_or_insert_with("n", str, str), stored)
    state.insert("flag", True)
    check(lambda: state.get("flag", int), "of type `bool`")
    assert state.names() == ["flag", "n"]
    assert state.remove("n", int) == 2001 and state.get("n") is None
    made = object()
    assert state.get_or_insert_with("pool", lambda: made) is made
    assert state.get_or_insert_with("pool", object) is made
    assert state.get("pool") is made
    state.insert("nothing", None)
    assert state.names() == ["flag", "nothing", "pool"] and state.get("nothing") is None

    def fails(_: int) -> int:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        state.update("m", fails, 0)
    assert state.get("m") is None


def test_mistakes_are_told_where_they_are_made() -> None:
    def check(function: Any, words: str, **options: Any) -> None:
        with pytest.raises(ServiceError) as raised:
            Handler(function, **options)
        assert words in str(raised.value)

    def unannotated(name): ...  # type: ignore[no-untyped-def]

    def two(name: str, other: bytes) -> None: ...

    def strange(cursor: threading.Event) -> None: ...

    def unknown(name: "Unknown") -> None: ...  # type: ignore[name-defined]  # noqa: F821

    async def waits(bus: Bus) -> None: ...

    def blocks(queues: AsyncQueues) -> None: ...

    def yields(name: str) -> Any:
        yield name

    check(unannotated, "takes `name` without an annotation")
    check(two, "takes the data twice, as `name` and as `other`")
    check(strange, "takes `cursor`: no JSON is read as `Event`")
    check(unknown, "cannot be read: name 'Unknown' is not defined")
    check(waits, "takes `bus: Bus`: an `async def` function takes `AsyncBus`")
    check(blocks, "takes `queues: AsyncQueues`: a function that is not `async` takes `Queues`")
    check(yields, "yields: a handler returns its answer")
    check(titles, "replicas of `titles` is a number from 1 to 1000, and not 0", replicas=0)
    check(titles, "queue of `titles` is a number from 0 to 1000000, and not -1", queue=-1)
    check(titles, "`25` is not a duration", timeout="25")
    check("greet", "write `@handler(name=..)` above one")
    check(titles, "the name of a handler is a str, and not 7", name=7)
    with pytest.raises(ServiceError, match="is no handler"):
        Handlers(unannotated)
    with pytest.raises(ValueError, match="between 400 and 599"):
        Refusal(200, "fine")
    assert Reply(201).headers == {}


APP = """
    from slingshot_microservice import handler, microservice, run, Bus

    @handler(replicas=5, queue=10, timeout="90s")
    def greet(name: str, bus: Bus) -> str:
        return name

    @microservice(name="sniff")
    def sniff(request: int) -> None: ...

    @handler(name="other-name")
    async def other(): ...

    run()
"""


def test_a_script_says_which_handlers_it_holds(tmp_path: pathlib.Path) -> None:
    described = describe(tmp_path, APP, "app.py", "--describe")
    assert described.returncode == 0, described.stderr
    manifest = json.loads(described.stdout)
    assert [service["name"] for service in manifest["services"]] == ["sniff"]
    source = {"file": "app.py", "column": 1}
    kind = {"kind": "request"}
    assert manifest["handlers"] == [
        {"name": "greet", **kind, "source": {**source, "line": 5}, "replicas": 5, "queue": 10, "timeout": "90s"},
        {"name": "other-name", **kind, "source": {**source, "line": 12}, "replicas": 1, "queue": 1000, "timeout": "30s"},
    ]
