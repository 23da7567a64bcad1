"""One admin server for all workers: ``/livez``, ``/readyz`` and ``/metrics``, in one place."""

from __future__ import annotations

import http.client
import json
import socket
import socketserver
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Optional

from . import _environment, _native

if TYPE_CHECKING:
    from ._supervisor import Worker

#: How long a worker may take to answer: it answers from memory.
_PATIENCE = 2.0

#: How many clients are served at once.
_MOST_CLIENTS = 16


def start(workers: list[Worker]) -> Optional[ThreadingHTTPServer]:
    """Listens, unless it is not to; on a free port if the default one is taken."""
    asked = _environment.admin()
    if asked is None:
        return None
    host, port, wanted = asked

    class Handler(_Handler):
        pass

    Handler.workers = workers
    try:
        server = _Server((host, port), Handler)
    except OSError as error:
        if wanted:
            message = f"SLINGSHOT_ADMIN asks for {_written(host, port)}, which cannot be listened on: {error}"
            raise OSError(message) from None
        server = _Server((host, 0), Handler)
    host, port = server.socket.getsockname()[:2]
    _native.log("info", "", f"the admin server listens at {_written(host, port)}")
    threading.Thread(target=server.serve_forever, name="slingshot-admin", daemon=True).start()
    return server


def _written(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    places = threading.BoundedSemaphore(_MOST_CLIENTS)

    def __init__(self, address: tuple[str, int], handler: type[_Handler]) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, handler)

    def server_bind(self) -> None:
        # An HTTP server's own asks the DNS for its name, and waits for the answer, which nobody needs.
        socketserver.TCPServer.server_bind(self)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        with self.places:
            super().process_request_thread(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    workers: list[Worker]
    timeout = 10.0

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/livez":
            self._answer(200, "text/plain; charset=utf-8", "ok\n")
        elif path == "/readyz":
            self._answer(*_readiness(self.workers, "application/json" in self.headers.get("Accept", "")))
        elif path == "/metrics":
            content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8"
            self._answer(200, content_type, _metrics(self.workers))
        else:
            self._answer(404, "text/plain; charset=utf-8", "there are /livez, /readyz and /metrics\n")

    do_HEAD = do_GET

    def _answer(self, status: int, content_type: str, body: str) -> None:
        content = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, format: str, *arguments: Any) -> None:
        pass


def _ask(worker: Worker, path: str, accept: str) -> tuple[int, str]:
    """A worker's answer; 503 from one that does not answer."""
    address = worker.admin
    if address is None:
        return 503, "not started\n"
    connection = http.client.HTTPConnection(address, timeout=_PATIENCE)
    try:
        connection.request("GET", path, headers={"Accept": accept})
        response = connection.getresponse()
        return response.status, response.read().decode()
    except (OSError, http.client.HTTPException) as error:
        return 503, f"{error}\n"
    finally:
        connection.close()


def _readiness(workers: list[Worker], as_json: bool) -> tuple[int, str, str]:
    """Ready is who has a worker of each service that is."""
    accept = "application/json" if as_json else "text/plain"
    answers = [(worker, *_ask(worker, "/readyz", accept)) for worker in list(workers)]
    services = {worker.service.name for worker, _, _ in answers}
    consuming = {worker.service.name for worker, status, _ in answers if status == 200}
    status = 200 if services and services == consuming else 503
    if as_json:
        told = [
            {
                "service": worker.service.name,
                "worker": worker.index + 1,
                "ready": answered == 200,
                "status": _json_or_text(body),
            }
            for worker, answered, body in answers
        ]
        return status, "application/json", json.dumps({"ready": status == 200, "workers": told})
    lines: list[str] = []
    for worker, _, body in answers:
        lines.extend(f"{worker.name}: {line}" for line in body.splitlines())
    return status, "text/plain; charset=utf-8", "\n".join([*lines, ""])


def _json_or_text(body: str) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body.strip()


def _metrics(workers: list[Worker]) -> str:
    """All workers' metrics, each series with the label ``worker``: sums are for who asks, and a counter that began anew
    is seen as one."""
    described: dict[str, list[str]] = {}
    samples: dict[str, list[str]] = {}
    restarts = "slingshot_worker_restarts"
    described[restarts] = [
        f"# HELP {restarts} Workers that ended and were started again.",
        f"# TYPE {restarts} counter",
    ]
    samples[restarts] = []
    for worker in list(workers):
        number = worker.index + 1
        service = json.dumps(worker.service.name)
        samples[restarts].append(f'{restarts}_total{{service={service},worker="{number}"}} {worker.restarts}')
        status, body = _ask(worker, "/metrics", "*/*")
        family = ""
        for line in body.splitlines() if status == 200 else ():
            if line.startswith("# EOF"):
                break
            if line.startswith("#"):
                family = line.split(" ", 3)[2]
                lines = described.setdefault(family, [])
                if line not in lines:
                    lines.append(line)
                samples.setdefault(family, [])
            elif line:
                samples.setdefault(family, []).append(_labelled(line, number))
    text = []
    for family, lines in samples.items():
        text.extend(described.get(family, []))
        text.extend(lines)
    return "\n".join([*text, "# EOF", ""])


def _labelled(sample: str, worker: int) -> str:
    name, brace, rest = sample.partition("{")
    if brace and " " not in name:
        comma = "" if rest.startswith("}") else ","
        return f'{name}{{worker="{worker}"{comma}{rest}'
    name, _, rest = sample.partition(" ")
    return f'{name}{{worker="{worker}"}} {rest}'
