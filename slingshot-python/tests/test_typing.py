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

HANDLERS = '''
import asyncio
from dataclasses import dataclass
from typing import Optional

from slingshot_microservice import (
    AsyncBus,
    AsyncQueues,
    Broadcast,
    Bus,
    Payload,
    Queues,
    Refusal,
    Reply,
    RequestHead,
    SharedState,
    Source,
    handler,
    run,
)
from slingshot_microservice.testing import Handlers


@dataclass
class Order:
    item: str
    count: int = 1


@handler
def titles(name: str) -> str:
    return f"dear {name}"


@handler(replicas=5, timeout="30s", queue=1000, name="greet")
async def greet(name: str, bus: AsyncBus, state: SharedState, queues: AsyncQueues) -> str:
    title: str = (await bus.publish("titles", name, timeout=2)).text()
    await bus.dispatch("audit", {"greeted": name})
    await queues.send("sniff", 7)
    count: int = state.update("greeted", lambda count: count + 1, 0)
    known: Optional[int] = state.get("greeted", int)
    pool: list[str] = state.get_or_insert_with("pool", lambda: ["a"])
    async for heard in await bus.subscribe("news"):
        if isinstance(heard, Broadcast):
            told: str = heard.payload.text()
            return told
        print(heard.count)
    return f"Hello, {title}: {count} {known} {pool}"


@handler()
def order(order: Order, source: Source, head: RequestHead, bus: Bus, queues: Queues) -> Reply:
    if order.count < 1:
        raise Refusal(404, "no such order")
    total = bus.publish("price", order).to(int)
    queues.send_all("pack", range(total))
    return Reply(201, order, {"x-agent": head.header("user-agent") or source})


@handler
def raw(data: Payload) -> bytes:
    return data.bytes()


handlers = Handlers(titles, greet)
said: str = handlers.call("greet", "Ada").text()
direct: str = titles("Ada")
awaited: str = asyncio.run(greet("Ada", handlers.async_bus, handlers.state, handlers.async_queues))
run()
'''

WRONG_HANDLERS = """
from slingshot_microservice import AsyncBus, SharedState, handler


@handler
async def greet(bus: AsyncBus, state: SharedState) -> None:
    bus.dispatch("audit").strip()
    number: str = state.update("n", lambda n: n + 1, 0)


@handler(replicas="5")
def titles(name: str) -> str:
    return name


@handler
def plain(name: str) -> str:
    return name


plain(7)
"""

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
    (tmp_path / "handlers.py").write_text(HANDLERS)
    checked = check(tmp_path, "mypy", "--strict", "service.py", "handlers.py")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    checked = check(tmp_path, "mypy", "--strict", "-p", "slingshot_microservice")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert package.joinpath("py.typed").exists()


def test_services_and_handlers_are_clean_under_pyright(tmp_path: pathlib.Path) -> None:
    (tmp_path / "service.py").write_text(SERVICE)
    (tmp_path / "handlers.py").write_text(HANDLERS)
    (tmp_path / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}')
    checked = check(tmp_path, "pyright", "--pythonpath", sys.executable, "service.py", "handlers.py")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_a_wrong_case_is_a_type_error(tmp_path: pathlib.Path) -> None:
    importlib.import_module("mypy")
    (tmp_path / "service.py").write_text(WRONG)
    checked = check(tmp_path, "mypy", "--strict", "service.py")
    assert checked.returncode == 1
    errors = [line for line in checked.stdout.splitlines() if "error:" in line]
    assert len(errors) == 3 and "float" in errors[0] and '"replicas"' in errors[2], checked.stdout


def test_a_handler_that_is_wrong_is_a_type_error(tmp_path: pathlib.Path) -> None:
    (tmp_path / "handlers.py").write_text(WRONG_HANDLERS)
    checked = check(tmp_path, "mypy", "--strict", "handlers.py")
    assert checked.returncode == 1
    lines = [int(line.split(":")[1]) for line in checked.stdout.splitlines() if "error:" in line]
    assert sorted(set(lines)) == [7, 8, 11, 21], checked.stdout
