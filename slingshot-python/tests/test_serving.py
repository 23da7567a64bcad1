"""Handlers as they are served: over HTTP, beside services, and between processes."""

from __future__ import annotations

import json
import os
import pathlib
import re
import signal
import threading
import time
import urllib.error
import urllib.request
from typing import Any, Dict, List, Optional, Tuple

import pytest

from conftest import Script, Stage, eventually

Answer = Tuple[int, Any, Dict[str, str]]


def url(script: Script) -> str:
    """Where it listens; after a restart, elsewhere."""

    def last() -> Optional[str]:
        assert script.process.poll() is None, script.log
        return (re.findall(r'"url":"([^"]+)"', script.log) or [None])[-1]

    found: str = eventually(last)
    return found


def serve(stage: Stage, source: str, **variables: str) -> Script:
    script = stage.start(source, wait=False, SLINGSHOT_HTTP="127.0.0.1:0", **variables)
    url(script)
    return script


def ask(script: Script, path: str, data: Any = b"", **headers: str) -> Answer:
    body = data if isinstance(data, bytes) else json.dumps(data).encode()
    request = urllib.request.Request(f"{url(script)}/{path}", body, headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            status, content, found = response.status, response.read(), response.headers
    except urllib.error.HTTPError as error:
        status, content, found = error.code, error.read(), error.headers
    if found["content-type"] == "application/json":
        content = json.loads(content)["message"]
    return status, content, {name.lower(): value for name, value in found.items()}


def said(script: Script, path: str, data: Any = b"", **headers: str) -> Tuple[int, Any]:
    return ask(script, path, data, **headers)[:2]


APP = """
    import asyncio, os, time
    from dataclasses import dataclass
    from typing import List
    from slingshot_microservice import (
        AsyncBus, Bus, Payload, Refusal, Reply, RequestHead, SharedState, Source, handler, run
    )

    @dataclass
    class Item:
        name: str
        price: float

    @handler(replicas=5)
    async def greet(name: str, bus: AsyncBus, state: SharedState) -> str:
        title = await bus.publish("titles", name)
        await bus.dispatch("audit", "greeted")
        state.update("greeted", lambda count: count + 1, 0)
        return f"Hello, {title.text()}"

    @handler
    def titles(name: str) -> str:
        return f"dear {name}"

    @handler
    def audit(what: str) -> None:
        print("audited", what, flush=True)

    @handler
    def count(state: SharedState) -> int:
        return state.get("greeted", int) or 0

    @handler
    def price(items: List[Item], head: RequestHead, source: Source):
        if not items:
            raise Refusal(404, "nothing is sold")
        total = sum(item.price for item in items)
        return {"total": total, "from": source, "agent": head.header("X-Agent"), "peer": head.peer}

    @handler
    def image(data: bytes):
        return Reply(201, data[::-1], {"content-type": "image/gif", "location": "/images/7"})

    @handler
    def breaks():
        secret = 1 / 0

    @handler
    def bad_reply():
        return Reply(200, None, {"content-length": "7"})

    @handler(timeout="300ms")
    async def slow():
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            print("cancelled", flush=True)
            raise

    @handler(timeout="1m")
    async def patient():
        try:
            print("waiting", flush=True)
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            print("left alone", flush=True)
            raise

    @handler
    def works(seconds: float):
        print("working", flush=True)
        time.sleep(seconds)
        return "worked"

    @handler
    def aborts():
        os.abort()

    if __name__ == "__main__":
        run()
        print("run returned", flush=True)
"""


@pytest.mark.brief
def test_requests_are_answered(stage: Stage) -> None:
    script = serve(stage, APP)
    assert said(script, "greet", b"Ada") == (200, "Hello, dear Ada")
    assert said(script, "greet", {"src": "me", "data": "Bob"}) == (200, "Hello, dear Bob")
    assert said(script, "count") == (200, 2)
    eventually(lambda: script.log.count("audited greeted") == 2)
    items = [{"name": "nut", "price": 1}, {"name": "bolt", "price": 2.5}]
    expected = {"total": 3.5, "from": "shop", "agent": "test", "peer": "127.0.0.1"}
    assert said(script, "price", {"src": "shop", "data": items}, **{"X-Agent": "test"}) == (200, expected)
    wrong = "the data does not fit: `[0].price`: expected a number, and not \"1\""
    assert said(script, "price", [{"name": "nut", "price": "1"}]) == (400, wrong)
    assert said(script, "price", []) == (404, "nothing is sold")
    assert said(script, "nobody") == (404, "Handler not found: nobody")
    status, body, headers = ask(script, "image", b"abc")
    assert (status, body) == (201, b"cba")
    assert (headers["content-type"], headers["location"]) == ("image/gif", "/images/7")
    assert said(script, "bad_reply")[0] == 500
    assert said(script, "slow") == (504, "`slow` did not answer within its timeout of 300ms")
    eventually(lambda: "cancelled" in script.log)


def test_an_exception_is_the_log_s_and_not_the_client_s(stage: Stage) -> None:
    script = serve(stage, APP)
    assert said(script, "breaks") == (500, "`breaks` raised ZeroDivisionError")
    [line] = [line for line in script.lines() if "Traceback" in line["message"]]
    assert (line["level"], line["handler"]) == ("ERROR", "breaks")
    assert line["message"].endswith("ZeroDivisionError: division by zero")
    assert "secret = 1 / 0" in line["message"]


def test_strangers_are_kept_out_by_the_runtime(stage: Stage) -> None:
    script = serve(stage, APP, SLINGSHOT_HTTP_KEYS="env:TEST_KEY")
    assert said(script, "titles", b"Ada")[0] == 401
    assert said(script, "titles", b"Ada", Authorization="Bearer key") == (200, "dear Ada")


def test_a_client_that_goes_away_takes_its_call_with_it(stage: Stage) -> None:
    script = serve(stage, APP)
    request = urllib.request.Request(f"{url(script)}/patient", b"", method="POST")
    with pytest.raises((TimeoutError, OSError)):
        urllib.request.urlopen(request, timeout=0.5)
    eventually(lambda: "left alone" in script.log, 10)


@pytest.mark.brief
@pytest.mark.parametrize("how", ["signal", "request", "interrupt"])
def test_what_runs_is_finished_and_the_process_ends_well(stage: Stage, how: str) -> None:
    script = serve(stage, APP)
    answers: List[Tuple[int, Any]] = []
    asking = threading.Thread(target=lambda: answers.append(said(script, "works", 1.0)))
    asking.start()
    eventually(lambda: "working" in script.log)
    if how == "request":
        assert said(script, "shutdown")[0] == 200
    else:
        script.process.send_signal(signal.SIGTERM if how == "signal" else signal.SIGINT)
    code = script.process.wait(20)
    asking.join()
    assert answers == [(200, "worked")]
    if how == "interrupt":
        assert code != 0 and "KeyboardInterrupt" in script.log
    else:
        assert code == 0 and "run returned" in script.log


def test_a_crash_is_one_call_s_and_not_the_server_s(stage: Stage) -> None:
    script = serve(stage, APP)
    first = url(script)
    assert said(script, "greet", b"Ada")[0] == 200
    with pytest.raises((OSError, urllib.error.URLError)):
        ask(script, "aborts")
    eventually(lambda: url(script) != first)
    assert said(script, "greet", b"Ada") == (200, "Hello, dear Ada")
    # The state was the process's.
    assert said(script, "count") == (200, 1)
    [line] = [line for line in script.lines() if "SIGABRT" in line["message"]]
    assert line["level"] == "WARN"
    assert script.end() == 0


@pytest.mark.brief
def test_two_handlers_of_one_name_are_an_error_that_names_both(stage: Stage) -> None:
    source = """
        from slingshot_microservice import handler, run

        @handler
        def greet(): ...

        @handler(name="greet")
        def other(): ...

        run()
    """
    script = stage.start(source, wait=False, SLINGSHOT_HTTP="127.0.0.1:0")
    assert script.process.wait(20) == 2
    assert "two handlers are called `greet`: at app.py:5:1 and at app.py:8:1" in script.log


MIXED = """
    from slingshot_microservice import AsyncBus, Bus, Queues, SharedState, handler, microservice, run

    @handler
    def order(id: int, queues: Queues) -> str:
        queues.send("pack", id)
        return "ordered"

    @handler
    def packed(id: int) -> None:
        print("packed", id, flush=True)

    @microservice(replicas=2)
    def pack(request: int):
        yield request, "packed"

    run()
"""


def test_handlers_and_services_of_a_script_are_one_process_group(stage: Stage) -> None:
    stage.service("pack", {"packed": "done"})
    script = serve(stage, MIXED)
    eventually(lambda: script.admin("/readyz")[0] == 200)
    assert len(script.workers()) == 3
    assert said(script, "order", 7) == (200, "ordered")
    assert stage.take("done", 1) == [7]
    status, metrics = script.admin("/metrics")
    assert status == 200
    assert re.search(r'http_server_request_duration_seconds_count\{[^}]*http_route="/order"[^}]*\} 1', metrics), metrics
    assert 'slingshot_worker_restarts_total{service="@handlers",worker="1"} 0' in metrics
    assert 'service="pack"' in metrics
    assert said(script, "shutdown")[0] == 200
    assert script.process.wait(20) == 0


def test_services_in_the_process_of_the_handlers_share_their_bus_and_state(stage: Stage) -> None:
    source = """
        from slingshot_microservice import AsyncBus, Bus, SharedState, handler, microservice, run

        @handler
        def label(id: int, state: SharedState) -> str:
            return state.get("prefix", str) + str(id)

        @microservice(workers="threads")
        def pack(request: int, line: Bus, values: SharedState):
            values.insert("prefix", "no-")
            yield request, line.publish("label", request).text()

        @microservice(workers="threads")
        async def ship(request: int, line: AsyncBus):
            reply = await line.publish("label", request)
            yield request, reply.text()

        run()
    """
    stage.service("pack", {"no-7": "done"})
    stage.service("ship", {"no-8": "shipped"})
    script = serve(stage, source)
    stage.send("pack", 7)
    assert stage.take("done", 1) == [7]
    stage.send("ship", 8)
    assert stage.take("shipped", 1) == [8]
    assert script.workers() == []
    assert script.end() == 0


def test_a_service_that_is_started_brings_the_script_s_handlers(stage: Stage) -> None:
    source = """
        from slingshot_microservice import Microservice, handler

        @handler
        def greet(name: str) -> str:
            return name

        def pack(request):
            yield request, True

        Microservice("pack", None, pack).start()
    """
    stage.service("pack", {True: "done"})
    script = serve(stage, source)
    assert said(script, "greet", b"Ada") == (200, "Ada")
    stage.send("pack", 7)
    assert stage.take("done", 1) == [7]
    assert script.end() == 0


BETWEEN = """
    import os
    from slingshot_microservice import AsyncBus, Broadcast, Bus, handler, microservice, run

    mark = os.environ["TEST_MARK"]
    directory = os.environ["TEST_DIRECTORY"]

    if os.environ["TEST_SIDE"] == "callers":

        @handler(name=f"ask-{mark}")
        async def ask(name: str, bus: AsyncBus) -> str:
            reply = await bus.publish(f"answer-{mark}", {"name": name})
            return reply.to(dict)["answer"]

        @handler(name=f"hand-{mark}")
        def hand(what: str, bus: Bus) -> None:
            bus.dispatch(f"work-{mark}", what)

        @handler(name=f"tell-{mark}")
        def tell(what: str, bus: Bus) -> None:
            bus.broadcast(f"news-{mark}", what)

        @microservice(name="pack")
        def pack(request: int, bus: Bus):
            yield request, bus.publish(f"answer-{mark}", {"name": str(request)}).to(dict)["answer"]

    else:

        @handler(name=f"answer-{mark}")
        def answer(data: dict) -> dict:
            return {"answer": f"from {data['name']}"}

        @handler(name=f"work-{mark}")
        def work(what: str) -> None:
            # The first process that gets it dies of it.
            if not os.path.exists(f"{directory}/{what}"):
                open(f"{directory}/{what}", "w").close()
                os.abort()
            print("worked", what, flush=True)

        @handler(name=f"listen-{mark}")
        def listen(bus: Bus) -> str:
            news = bus.subscribe(f"news-{mark}")
            print("listening to news", flush=True)
            heard = news.next("20s")
            return heard.payload.text() if isinstance(heard, Broadcast) else "nothing"

    run()
"""


def test_handlers_of_several_processes_call_each_other_over_a_broker(stage: Stage) -> None:
    stage.service("pack", {"from 7": "done"})
    variables = {"SLINGSHOT_BUS": "amqp", "TEST_MARK": stage.mark}
    callee = serve(stage, BETWEEN, TEST_SIDE="callees", **variables)
    caller = serve(stage, BETWEEN, TEST_SIDE="callers", **variables)
    mark = stage.mark
    eventually(lambda: said(caller, f"ask-{mark}", b"Ada") == (200, "from Ada"))
    # A service's workers are processes of their own.
    stage.send("pack", 7)
    assert stage.take("done", 1) == [7]
    # What is dispatched outlives the process that had it.
    first = url(callee)
    assert said(caller, f"hand-{mark}", b"seven") == (200, None)
    eventually(lambda: "worked seven" in callee.log)
    eventually(lambda: url(callee) != first)
    heard: List[Tuple[int, Any]] = []
    listening = threading.Thread(target=lambda: heard.append(said(callee, f"listen-{mark}")))
    listening.start()
    eventually(lambda: "listening to news" in callee.log)
    assert said(caller, f"tell-{mark}", b"snow") == (200, None)
    listening.join()
    assert heard == [(200, "snow")]
    assert (callee.end(), caller.end()) == (0, 0)
