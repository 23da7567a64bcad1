"""Python services beside a loop written by hand in Rust, FastStream and the predecessor's package.

    scripts/with-services PYTHON benches/python/bench.py --by-hand target/release/slingshot-benches

PYTHON has the wheel, pika and, to be compared with, faststream[rabbit]. `--predecessor PYTHON` is an environment with
slingshot-microservice 0.1.7, adapted in its endpoints. Each round has each contestant drain the same ids from a fresh
durable queue into another: persistent messages, the clock from the first tenth of the ids to the last, and then every id
must have arrived. Ratios are taken round by round; what is printed is the median.
"""

from __future__ import annotations

import argparse
import http.server
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from typing import Any, NamedTuple, Optional

import pika

IN, OUT = "bench.in", "bench.out"
URL = os.environ["SLINGSHOT_TEST_AMQP_URL"]

#: Five milliseconds of the processor's time.
WORK = """
import time
def work():
    until = time.thread_time() + 0.005
    while time.thread_time() < until:
        pass
"""

OURS = """
{work}
from slingshot_microservice import Microservice

def process(request):
    {call}
    return request, True

Microservice("bench", None, process, replicas={replicas}, prefetch=64).start()
"""

FASTSTREAM = """
{work}
import asyncio
from faststream import FastStream
from faststream.rabbit import RabbitBroker, RabbitQueue
from faststream.rabbit.schemas import Channel

broker = RabbitBroker({url!r}, default_channel=Channel(prefetch_count=64), logger=None)

@broker.subscriber(RabbitQueue("bench.in", durable=True))
async def process(request: int):
    {call}
    await broker.publish(str(request).encode(), "bench.out", persist=True, mandatory=True)

asyncio.run(FastStream(broker, logger=None).run())
"""

PREDECESSOR = """
{work}
from slingshot_microservice import Microservice

def startup(read_file, write_file, connection):
    if False:
        yield 0, True

def process(request, read_file, write_file, connection):
    {call}
    yield request, True

Microservice("bench", "sys-map.slingshot.cv", startup, process).start()
"""


#: What the others are compared with.
BY_HAND = "by hand, in Rust"


class Contestant(NamedTuple):
    name: str
    command: list[str]
    ids: int
    durable: bool = True


def sys_map() -> str:
    """Serves what a service asks for, and says where."""
    amqp, database = urllib.parse.urlsplit(URL), urllib.parse.urlsplit(os.environ["SLINGSHOT_TEST_DATABASE_URL"])
    answers = {
        "/bench": {"in": IN, "out": [{"case": True, "queues": [OUT]}]},
        "/rabbitmq": place(amqp),
        "/db": {**place(database), "database": [database.path[1:]]},
    }

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = json.dumps(answers.get(self.path)).encode()
            self.send_response(200 if self.path in answers else 404)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *arguments: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_address[1]}"


def place(url: urllib.parse.SplitResult) -> dict[str, Any]:
    return {"host": [url.hostname], "port": [url.port], "username": [url.username], "secret": ["env:BENCH_PASSWORD"]}


def contestants(arguments: argparse.Namespace, directory: pathlib.Path) -> list[Contestant]:
    found = []
    if arguments.by_hand:
        command = [arguments.by_hand, "--database", "-", "pass", "--rabbitmq", URL, "--prefetch", "64"]
        found.append(Contestant(BY_HAND, command, arguments.ids))
    for what, call, ids in (("nothing", "pass", arguments.ids), ("5 ms", "work()", arguments.ids // 20)):
        for replicas in (1, 2):
            source = OURS.format(work=WORK, call=call, replicas=replicas)
            name = f"slingshot, {what}, {replicas} replicas"
            found.append(Contestant(name, [sys.executable, script(directory, source)], ids))
        if arguments.faststream:
            source = FASTSTREAM.format(work=WORK, call=call, url=URL)
            found.append(Contestant(f"FastStream, {what}", [sys.executable, script(directory, source)], ids))
        if arguments.predecessor:
            source = PREDECESSOR.format(work=WORK, call=call)
            command = [arguments.predecessor, script(directory, source)]
            found.append(Contestant(f"predecessor, {what}", command, ids, durable=False))
    return [contestant for contestant in found if contestant.name == BY_HAND or arguments.only in contestant.name]


def script(directory: pathlib.Path, source: str) -> str:
    path = directory / f"{len(list(directory.iterdir()))}.py"
    path.write_text(source)
    return str(path)


def race(contestant: Contestant, environment: dict[str, str]) -> float:
    """Ids a second."""
    connection = pika.BlockingConnection(pika.URLParameters(URL))
    channel = connection.channel()
    for queue in (IN, OUT):
        channel.queue_delete(queue)
        channel.queue_declare(queue, durable=contestant.durable)
    for id in range(1, contestant.ids + 1):
        properties = pika.BasicProperties(delivery_mode=2, message_id=f"{id}", content_type="text/plain")
        channel.basic_publish("", IN, str(id).encode(), properties)
    process = subprocess.Popen(contestant.command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)

    def reached(count: int) -> tuple[float, int]:
        until = time.monotonic() + 300
        while True:
            arrived = channel.queue_declare(OUT, passive=True).method.message_count
            if arrived >= count:
                return time.monotonic(), arrived
            if process.poll() is not None or time.monotonic() > until:
                raise SystemExit(f"{contestant.name}: {arrived} of {count} ids arrived")
            time.sleep(0.01)

    try:
        (began, first), (ended, last) = reached(contestant.ids // 10), reached(contestant.ids)
        time.sleep(0.5)
    finally:
        process.terminate()
        process.wait(30)
    arrived = {int(body) for _, _, body in iter(lambda: channel.basic_get(OUT, auto_ack=True), (None, None, None))}
    connection.close()
    if arrived != set(range(1, contestant.ids + 1)):
        raise SystemExit(f"{contestant.name}: an id is missing")
    return (last - first) / (ended - began)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--by-hand", help="the binary of slingshot-benches, whose loop is the bare limit")
    parser.add_argument("--predecessor", help="a Python with slingshot-microservice 0.1.7")
    parser.add_argument("--faststream", action="store_true", help="compare with FastStream")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--ids", type=int, default=20_000)
    parser.add_argument("--only", default="", help="contestants whose name has this in it")
    arguments = parser.parse_args()
    environment = {
        **os.environ,
        "SLINGSHOT_SYS_MAP": sys_map(),
        "SLINGSHOT_ADMIN": "off",
        "SLINGSHOT_STATE": "off",
        "BENCH_PASSWORD": urllib.parse.urlsplit(URL).password or "",
        "RUST_LOG": "warn,lapin=off",
    }
    with tempfile.TemporaryDirectory() as directory:
        racing = contestants(arguments, pathlib.Path(directory))
        rates: dict[str, list[float]] = {contestant.name: [] for contestant in racing}
        for _ in range(arguments.rounds):
            for contestant in racing:
                rates[contestant.name].append(race(contestant, environment))
    limit: Optional[list[float]] = rates.get(BY_HAND)
    print(f"{'':32} {'ids/s':>8} {'ratio':>6}")
    for name, measured in rates.items():
        ratio = statistics.median(one / other for one, other in zip(measured, limit)) if limit else float("nan")
        print(f"{name:32} {statistics.median(measured):8.0f} {ratio:6.2f}")


if __name__ == "__main__":
    main()
