"""What the tests run services against: the real broker and database of ``scripts/with-services``, a sys-map and an S3 of
their own. What is not there is a failure."""

from __future__ import annotations

import functools
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import textwrap
import threading
import time
import urllib.parse
import urllib.request
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Callable, Iterator, Optional

import pika
import pytest

#: Nothing here takes longer, unless it hangs.
PATIENCE = 30.0


def eventually(holds: Callable[[], Any], within: float = PATIENCE) -> Any:
    """The first true answer."""
    until = time.monotonic() + within
    while True:
        answer = holds()
        if answer:
            return answer
        assert time.monotonic() < until, f"it did not come to hold within {within:g} s"
        time.sleep(0.02)


class SysMap:
    """Answers by path, as the predecessor's configuration service serves them."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {}
        answers = self.answers

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                answer = answers.get(self.path)
                content = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
                self.send_response(404 if answer is None else 200)
                self.send_header("Content-Type", "text/plain" if isinstance(answer, str) else "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *arguments: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.host = f"http://127.0.0.1:{self.server.server_address[1]}"


class Script:
    """A running script of a service."""

    def __init__(self, process: subprocess.Popen[bytes], log: pathlib.Path) -> None:
        self.process = process
        self.log_file = log

    @property
    def log(self) -> str:
        return self.log_file.read_text(errors="replace")

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.splitlines() if line.startswith("{")]

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def workers(self) -> list[int]:
        """The processes of its workers."""
        listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(self.process.pid)], capture_output=True, text=True)
        return [int(pid) for pid in listed.stdout.split()]

    def admin(self, path: str, accept: str = "*/*") -> tuple[int, str]:
        address = eventually(lambda: re.search(r"listens at (127\.0\.0\.1:\d+)", self.log))[1]
        request = urllib.request.Request(f"http://{address}{path}", headers={"Accept": accept})
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()


class Stage:
    """One test's services, queues, buckets and database."""

    def __init__(self, directory: pathlib.Path, s3: Callable[[], str], python: str) -> None:
        self.directory = directory
        self.python = python
        self.mark = uuid.uuid4().hex[:8]
        self.sys_map = SysMap()
        self.running: list[Script] = []
        amqp = urllib.parse.urlsplit(os.environ["SLINGSHOT_TEST_AMQP_URL"])
        self.database_url = os.environ["SLINGSHOT_TEST_DATABASE_URL"]
        database = urllib.parse.urlsplit(self.database_url)
        self.broker = pika.BlockingConnection(pika.URLParameters(os.environ["SLINGSHOT_TEST_AMQP_URL"]))
        self.channel = self.broker.channel()
        self.channel.confirm_delivery()
        self._s3_address = s3
        self.sys_map.answers.update(
            {
                "/rabbitmq": {
                    "host": [amqp.hostname],
                    "port": [amqp.port],
                    "username": [amqp.username],
                    "secret": ["env:TEST_PASSWORD"],
                },
                "/db": {
                    "host": [database.hostname],
                    "port": [database.port],
                    "username": [database.username],
                    "database": [database.path[1:]],
                    "secret": ["env:TEST_PASSWORD"],
                },
            }
        )

    @functools.cached_property
    def s3(self) -> Any:
        """A client of the object store, for who has one: most tests do without."""
        import boto3
        from botocore.config import Config

        address = self._s3_address()
        self.sys_map.answers["/object-storage"] = {
            "host": [address],
            "secret:access-key": ["env:TEST_KEY"],
            "secret:secret-key": ["env:TEST_SECRET"],
        }
        keys = {"aws_access_key_id": "key", "aws_secret_access_key": "secret"}
        by_path = Config(s3={"addressing_style": "path"})
        return boto3.client("s3", endpoint_url=address, region_name="us-east-1", config=by_path, **keys)

    def queue(self, name: str) -> str:
        """A queue of this test's."""
        own = f"{name}-{self.mark}"
        self.channel.queue_declare(own, durable=True)
        return own

    def service(self, name: str, routes: dict[Any, str], buckets: tuple[str, ...] = (), **words: Any) -> None:
        """Has the sys-map know a service: the queue that each case goes to."""
        out = [{"case": case, "queues": [self.queue(queue)]} for case, queue in routes.items()]
        self.sys_map.answers[f"/{name}"] = {"in": self.queue(name), "out": out, **words}
        for key in buckets:
            bucket = f"{key}-{self.mark}"
            self.s3.create_bucket(Bucket=bucket)
            self.sys_map.answers[f"/{name}/{key}"] = bucket

    def put(self, key: str, id: int, content: bytes) -> None:
        self.s3.put_object(Bucket=f"{key}-{self.mark}", Key=str(id), Body=content)

    def get(self, key: str, id: int) -> bytes:
        content: bytes = self.s3.get_object(Bucket=f"{key}-{self.mark}", Key=str(id))["Body"].read()
        return content

    def send(self, name: str, *ids: Any, message_id: Optional[str] = None) -> None:
        properties = pika.BasicProperties(delivery_mode=2, message_id=message_id)
        for id in ids:
            self.channel.basic_publish("", f"{name}-{self.mark}", str(id).encode(), properties)

    def take(self, name: str, count: int, within: float = PATIENCE) -> list[Any]:
        """So many messages of a queue: their ids, or their bodies."""
        return [int(body) for _, body in self.take_all(name, count, within)]

    def dead_letters(self, name: str, count: int) -> list[tuple[Any, bytes]]:
        """A service's, with their properties."""
        return self._take(f"{name}-{self.mark}.dlq", count, PATIENCE)

    def take_all(self, name: str, count: int, within: float = PATIENCE) -> list[tuple[Any, bytes]]:
        return self._take(f"{name}-{self.mark}", count, within)

    def _take(self, queue: str, count: int, within: float) -> list[tuple[Any, bytes]]:
        taken: list[tuple[Any, bytes]] = []

        def next_one() -> bool:
            try:
                method, properties, body = self.channel.basic_get(queue, auto_ack=True)
            except pika.exceptions.ChannelClosedByBroker:
                # It is not there yet.
                self.channel = self.broker.channel()
                self.channel.confirm_delivery()
                return False
            if method is not None:
                taken.append((properties, body))
            return len(taken) >= count

        eventually(next_one, within)
        return taken

    def depth(self, name: str) -> int:
        declared = self.channel.queue_declare(f"{name}-{self.mark}", passive=True)
        count: int = declared.method.message_count
        return count

    def environment(self, **variables: str) -> dict[str, str]:
        own = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.directory),
            "SLINGSHOT_SYS_MAP": self.sys_map.host,
            "SLINGSHOT_ADMIN": "127.0.0.1:0",
            "SLINGSHOT_STATE": "off",
            "SLINGSHOT_STAGING": str(self.directory / "staging"),
            "SLINGSHOT_LOG": "json",
            "TEST_PASSWORD": "guest",
            "TEST_KEY": "key",
            "TEST_SECRET": "secret",
            "TEST_DATABASE_URL": self.database_url,
            "TEST_DIRECTORY": str(self.directory),
        }
        return {**own, **variables}

    def write(self, source: str, name: str = "app.py") -> pathlib.Path:
        script = self.directory / name
        script.write_text(textwrap.dedent(source))
        return script

    def start(self, source: str, *arguments: str, wait: bool = True, **variables: str) -> Script:
        """Runs a script until its service consumes."""
        script = self.write(source)
        log = self.directory / f"log-{len(self.running)}"
        with log.open("wb") as file:
            process = subprocess.Popen(
                [self.python, script.name, *arguments],
                cwd=self.directory,
                env=self.environment(**variables),
                stdout=file,
                stderr=subprocess.STDOUT,
            )
        running = Script(process, log)
        self.running.append(running)
        if wait:
            eventually(lambda: process.poll() is not None or "consuming" in running.log)
            assert process.poll() is None, running.log
        return running

    def close(self) -> None:
        for script in self.running:
            if script.process.poll() is None:
                script.process.kill()
                script.process.wait()
        self.broker.close()
        self.sys_map.server.shutdown()


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def stage(tmp_path: pathlib.Path, request: pytest.FixtureRequest) -> Iterator[Stage]:
    stage = Stage(tmp_path, lambda: str(request.getfixturevalue("s3")), sys.executable)
    yield stage
    failed = getattr(request.node, "failed", False)
    stage.close()
    if failed:
        for script in stage.running:
            print(script.log[-20000:])


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    outcome = yield
    report = outcome.get_result()
    if report.when == "call" and report.failed:
        item.failed = True
