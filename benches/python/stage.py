"""What the contestants stand on: queues, a sys-map, an object store and secrets; and what their processes take."""

from __future__ import annotations

import contextlib
import http.server
import json
import os
import pathlib
import subprocess
import threading
import urllib.parse
from collections.abc import Iterator
from typing import Any, NamedTuple, Optional

import pika

IN, OUT = "bench.in", "bench.out"
BUCKETS = {"in": "bench-in", "out": "bench-out"}

#: What the object store of slingshot-benches lets in.
ACCESS_KEY, SECRET_KEY = "bench", "bench-secret"

#: How many objects there are to read, and how large each is.
INPUTS, SIZE = 64, 4096

URL = os.environ["SLINGSHOT_TEST_AMQP_URL"]
DATABASE_URL = os.environ["SLINGSHOT_TEST_DATABASE_URL"]
TICKS = os.sysconf("SC_CLK_TCK")

#: `pass show ENTRY`, which is all that the predecessor knows of secrets.
PASS = """#!/bin/sh
case $2 in
    rabbitmq) echo "$BENCH_PASSWORD" ;;
    db) echo none ;;
    access) echo "$BENCH_ACCESS_KEY" ;;
    secret) echo "$BENCH_SECRET_KEY" ;;
esac
"""


class Queues:
    """The queue of all contestants, and the one that they publish to."""

    def __init__(self, ids: int, durable: bool) -> None:
        self._ids = ids
        self._connection = pika.BlockingConnection(pika.URLParameters(URL))
        self._channel = self._connection.channel()
        for queue in (IN, OUT):
            self._channel.queue_delete(queue)
            self._channel.queue_declare(queue, durable=durable)
        for id in range(1, ids + 1):
            properties = pika.BasicProperties(delivery_mode=2, message_id=f"{id}", content_type="text/plain")
            self._channel.basic_publish("", IN, str(id).encode(), properties)

    def arrived(self) -> int:
        count: int = self._channel.queue_declare(OUT, passive=True).method.message_count
        return count

    def missing(self) -> set[int]:
        """The ids that have not arrived."""
        left = set(range(1, self._ids + 1))
        for method, _, body in self._channel.consume(OUT, auto_ack=True, inactivity_timeout=2):
            if method is not None:
                left.discard(int(body))
            if method is None or not left:
                break
        self._connection.close()
        return left


class Usage(NamedTuple):
    """What was had of the processor so far, in seconds: by each thread, as it ran and as it could have run, and by nobody."""

    ran: dict[tuple[int, int], float]
    wanted: dict[tuple[int, int], float]
    idle: float


def usage(groups: list[int]) -> Usage:
    """By the threads of process groups, by process and thread."""
    ran, wanted = {}, {}
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        # Processes and threads end while they are looked at.
        with contextlib.suppress(OSError):
            if int((process / "stat").read_text().rpartition(")")[2].split()[2]) not in groups:
                continue
            for thread in (process / "task").iterdir():
                running, waiting, _ = map(int, (thread / "schedstat").read_text().split())
                place = int(process.name), int(thread.name)
                ran[place], wanted[place] = running / 1e9, (running + waiting) / 1e9
    idle = pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()
    return Usage(ran, wanted, (int(idle[4]) + int(idle[5])) / TICKS)


def cores(before: Usage, after: Usage) -> float:
    """The seconds that all threads ran between."""
    return sum(seconds - before.ran.get(place, 0.0) for place, seconds in after.ran.items())


def busy(before: Usage, after: Usage) -> float:
    """The seconds that each process's busiest thread ran or could have run, of all processes together."""
    busiest: dict[int, float] = {}
    for place, seconds in after.wanted.items():
        more = seconds - before.wanted.get(place, 0.0)
        busiest[place[0]] = max(busiest.get(place[0], 0.0), more)
    return sum(busiest.values())


@contextlib.contextmanager
def environment(directory: pathlib.Path, benches: Optional[str]) -> Iterator[dict[str, str]]:
    """The environment of contestants. With a binary of slingshot-benches there is an object store."""
    with contextlib.ExitStack() as stack:
        store = stack.enter_context(_store(directory / "objects", benches)) if benches else "http://127.0.0.1:9"
        tools = directory / "bin"
        tools.mkdir()
        (tools / "pass").write_text(PASS)
        (tools / "pass").chmod(0o755)
        yield {
            **os.environ,
            "PATH": f"{tools}:{os.environ['PATH']}",
            "SLINGSHOT_SYS_MAP": _sys_map(store),
            "SLINGSHOT_ADMIN": "off",
            "SLINGSHOT_STATE": "off",
            "BENCH_AMQP_URL": URL,
            "BENCH_STORE_URL": store,
            "BENCH_PASSWORD": urllib.parse.urlsplit(URL).password or "",
            "BENCH_ACCESS_KEY": ACCESS_KEY,
            "BENCH_SECRET_KEY": SECRET_KEY,
            "RUST_LOG": "warn,lapin=off",
        }


@contextlib.contextmanager
def _store(directory: pathlib.Path, benches: str) -> Iterator[str]:
    """The embedded object store, with what there is to read."""
    import boto3

    command = [benches, "--rabbitmq", "-", "--database", "-", "store", "--directory", str(directory)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        url = f"http://{process.stdout.readline().strip()}"
        keys = {"aws_access_key_id": ACCESS_KEY, "aws_secret_access_key": SECRET_KEY}
        client = boto3.client("s3", endpoint_url=url, region_name="us-east-1", **keys)
        for id in range(INPUTS):
            client.put_object(Bucket=BUCKETS["in"], Key=str(id), Body=b"x" * SIZE)
        yield url
    finally:
        process.kill()
        process.wait()


def _sys_map(store: str) -> str:
    """Serves what a service asks for, ours or the predecessor's, and says where."""
    amqp, database = urllib.parse.urlsplit(URL), urllib.parse.urlsplit(DATABASE_URL)
    answers: dict[str, Any] = {
        "/bench": {"in": IN, "out": [{"case": True, "queues": [OUT]}]},
        "/rabbitmq": _place(amqp, "rabbitmq"),
        "/db": {**_place(database, "db"), "database": [database.path[1:]]},
        "/object-storage": {"host": [store], "pass:access-key": ["access"], "pass:secret-key": ["secret"]},
        **{f"/bench/{key}": bucket for key, bucket in BUCKETS.items()},
    }

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = answers.get(self.path)
            content = (answer if isinstance(answer, str) else json.dumps(answer)).encode()
            self.send_response(404 if answer is None else 200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *arguments: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_address[1]}"


def _place(url: urllib.parse.SplitResult, entry: str) -> dict[str, Any]:
    return {"host": [url.hostname], "port": [url.port], "username": [url.username], "pass": [entry]}
