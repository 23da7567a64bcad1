"""The workers of a script: started, started again, drained and never left behind.

A worker is this script once more, told by its environment which one it is. It connects back: on that connection it says
how it is doing, is told to drain, and notices when nobody is there any more.
"""

from __future__ import annotations

import json
import random
import secrets
import selectors
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Sequence
from typing import Any, Optional, Union

from . import _admin, _environment, _loop, _native
from ._handler import HandlerGroup
from ._service import Microservice

#: What workers are of.
Run = Union[Microservice, HandlerGroup]

#: Everything that ran has finished; the service failed; it is misconfigured; unfinished work went back.
DRAINED, FAILED, MISCONFIGURED, GAVE_WORK_BACK = 0, 1, 2, 75

#: How long a drain may take: the workers' own 25 s, and what an interpreter takes to end. Kubernetes kills after 30 s.
_DRAIN = 28.0

#: The same after a second signal.
_LEAVE = 3.0

#: How often the processes are looked at.
_TICK = 0.1

#: A worker that ended is started again after a wait between these, and after the first again once it has lived long.
_FIRST_WAIT, _LONGEST_WAIT, _LONG_LIFE = 0.1, 10.0, 10.0

#: The longest wait after one that consumed: what it fell over comes again later and later, or becomes a dead letter.
_LONGEST_AFTER_WORK = 1.0

#: So many workers in a row that a signal ends before they consume are a defect of the script.
_MOST_STILLBORN = 5

#: So many connections may be there that have not said who they are.
_MOST_STRANGERS = 16

#: What is read of a connection before it says who it is.
_LONGEST_LINE = 4096


class Worker:
    """One worker's place: the process in it changes."""

    def __init__(self, service: Run, index: int) -> None:
        self.service = service
        self.index = index
        self.process: Optional[subprocess.Popen[bytes]] = None
        self.connection: Optional[socket.socket] = None
        self.admin: Optional[str] = None
        self.ready = False
        self.born = 0.0
        self.restarts = 0
        self.in_a_row = 0
        self.start_at: Optional[float] = 0.0
        #: Nothing takes its place when it has ended.
        self.surplus = False

    @property
    def name(self) -> str:
        """As people count."""
        return f"worker {self.index + 1}"


class Supervisor:
    """Keeps a script's workers until the process is told to end."""

    def __init__(self, services: Sequence[Run], command: list[str]) -> None:
        self._command = command
        self._services = services
        self._workers: list[Worker] = []
        #: Services that have consumed: their startup function is done with.
        self._started: set[str] = set()
        self._signals: list[int] = []
        self._until: Optional[float] = None
        self._leaving = False
        self._codes = [DRAINED]
        self._token = secrets.token_hex(16)
        self._selector = selectors.DefaultSelector()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._address = f"127.0.0.1:{self._listener.getsockname()[1]}"

    def run(self) -> int:
        """Says with which code the process is to end. Raises ``KeyboardInterrupt`` if that is why it ends."""
        _native.start_log()
        try:
            admin = _admin.start(self._workers)
        except (OSError, ValueError) as error:
            _native.log("error", "", f"cannot start: {error}")
            return MISCONFIGURED
        before = self._hear()
        self._selector.register(self._listener, selectors.EVENT_READ, None)
        try:
            for service in self._services:
                self._want(service, 1 if service.has_startup else self._processes(service, service.replicas))
            self._supervise()
        finally:
            for worker in self._workers:
                if worker.process is not None:
                    worker.process.kill()
            self._listener.close()
            self._selector.close()
            if admin is not None:
                admin.shutdown()
            for number, handler in before.items():
                signal.signal(number, handler)
        if self._signals[:1] == [signal.SIGINT]:
            raise KeyboardInterrupt
        return max(self._codes, key=[DRAINED, GAVE_WORK_BACK, FAILED, MISCONFIGURED].index)

    def _hear(self) -> dict[int, Any]:
        if threading.current_thread() is not threading.main_thread():
            return {}
        heard = (signal.SIGTERM, signal.SIGINT)
        return {number: signal.signal(number, lambda number, _: self._signals.append(number)) for number in heard}

    def _processes(self, service: Run, replicas: int) -> int:
        if service.workers == "threads":
            return 1
        if isinstance(service.workers, int):
            return service.workers
        return 1 if _loop.is_async(service.process) else replicas

    def _want(self, service: Run, count: int) -> None:
        """Has so many workers of a service, from now on."""
        own = [worker for worker in self._workers if worker.service is service]
        self._workers.extend(Worker(service, index) for index in range(len(own), count))
        for worker in own[count:]:
            worker.surplus = True
            if worker.process is None:
                self._workers.remove(worker)
            else:
                self._tell(worker, b"drain\n")

    def _supervise(self) -> None:
        heard = 0
        while True:
            now = time.monotonic()
            if len(self._signals) > heard:
                heard = len(self._signals)
                self._drain(_LEAVE if self._until is not None else _DRAIN, leave=self._until is not None)
            for worker in list(self._workers):
                self._look_at(worker, now)
            if self._until is not None:
                running = [worker for worker in self._workers if worker.process is not None]
                if not running:
                    return
                if now > self._until:
                    self._kill(running)
            self._hear_all(_TICK)

    def _hear_all(self, within: float) -> bool:
        """False if nobody said anything."""
        heard = self._selector.select(within)
        for key, _ in heard:
            if key.data is None:
                self._accept()
            elif isinstance(key.fileobj, socket.socket) and key.fileobj.fileno() >= 0:
                self._read(key)
        return bool(heard)

    def _look_at(self, worker: Worker, now: float) -> None:
        process = worker.process
        if process is None:
            if worker.start_at is not None and worker.start_at <= now and self._until is None:
                self._start(worker)
            return
        code = process.poll()
        if code is not None:
            # What it said before it ended counts.
            while self._hear_all(0.0):
                pass
            self._ended(worker, code, now)

    def _start(self, worker: Worker) -> None:
        service = worker.service
        startup = service.has_startup and service.name not in self._started
        told = _environment.Worker(service.name, worker.index, startup, self._address, self._token)
        worker.start_at = None
        worker.born = time.monotonic()
        try:
            worker.process = subprocess.Popen(
                self._command,
                env=_environment.of_worker(told),
                cwd=_environment.directory(),
                stdin=subprocess.DEVNULL,
            )
        except OSError as error:
            worker.in_a_row += 1
            self._start_again(worker, f"cannot be started: {error}", was_ready=False)

    def _ended(self, worker: Worker, code: int, now: float) -> None:
        was_ready, connected = worker.ready, worker.connection is not None or worker.ready
        self._disconnect(worker)
        worker.process = None
        name = worker.service.name
        if self._until is not None:
            if code < 0:
                # By us: it had nothing yet, or did not end.
                code = GAVE_WORK_BACK if connected else DRAINED
            self._codes.append(code if code in (DRAINED, MISCONFIGURED, GAVE_WORK_BACK) else FAILED)
            return
        if worker.surplus:
            self._workers.remove(worker)
            return
        if code == DRAINED and not connected:
            message = "ended without a service: the script has to start it when it is run again too"
            self._fail(MISCONFIGURED, f"{worker.name} {message}", name)
            return
        # Of a worker that has consumed, a function may have ended it with whatever code.
        is_defective = code > 0 and code != GAVE_WORK_BACK and not was_ready
        if is_defective or (worker.service.ends_all and code == MISCONFIGURED):
            self._fail(code if code == MISCONFIGURED else FAILED, f"{worker.name} ended with code {code}", name)
            return
        if worker.service.ends_all and code in (DRAINED, GAVE_WORK_BACK):
            # It was told to by a client.
            self._codes.append(code)
            self._drain(_DRAIN)
            return
        worker.in_a_row = 1 if was_ready and now - worker.born >= _LONG_LIFE else worker.in_a_row + 1
        why = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
        what = "its calls get no answer" if worker.service.ends_all else "what it had comes again"
        level = "warning" if code not in (DRAINED, GAVE_WORK_BACK) else "info"
        worker.restarts += 1
        self._start_again(worker, f"{why}: {what}", was_ready, level)

    def _start_again(self, worker: Worker, why: str, was_ready: bool, level: str = "warning") -> None:
        """After a wait, and not forever without anything consumed."""
        name = worker.service.name
        if not was_ready and worker.in_a_row >= _MOST_STILLBORN:
            self._fail(FAILED, f"{worker.name} {why}, {worker.in_a_row} times before it consumed", name)
            return
        longest = _LONGEST_AFTER_WORK if was_ready else _LONGEST_WAIT
        wait = min(_FIRST_WAIT * 2 ** min(worker.in_a_row - 1, 10), longest) * random.uniform(0.75, 1.25)
        worker.start_at = time.monotonic() + wait
        _native.log(level, name, f"{worker.name} {why}, and it starts again in {wait:.1f} s")

    def _fail(self, code: int, message: str, service: str) -> None:
        _native.log("error", service, message)
        self._codes.append(code)
        self._drain(_DRAIN)

    def _drain(self, within: float, leave: bool = False) -> None:
        self._until = time.monotonic() + within
        for worker in self._workers:
            worker.start_at = None
            self._tell(worker, b"leave\n" if leave else b"drain\n")

    def _tell(self, worker: Worker, command: bytes) -> None:
        if worker.connection is not None:
            try:
                worker.connection.sendall(command)
                return
            except OSError:
                self._disconnect(worker)
        # One that has not come as far as its service has nothing to finish.
        if worker.process is not None:
            worker.process.terminate()

    def _kill(self, workers: list[Worker]) -> None:
        for worker in workers:
            _native.log("warning", worker.service.name, f"{worker.name} does not end, and is killed")
            if worker.process is not None:
                worker.process.kill()
        self._until = time.monotonic() + _LEAVE

    def _accept(self) -> None:
        connection, _ = self._listener.accept()
        if len(self._selector.get_map()) > len(self._workers) + _MOST_STRANGERS:
            connection.close()
            return
        connection.settimeout(1.0)
        self._selector.register(connection, selectors.EVENT_READ, _Line())

    def _read(self, key: selectors.SelectorKey) -> None:
        connection, line = key.fileobj, key.data
        assert isinstance(connection, socket.socket)
        try:
            received = connection.recv(_LONGEST_LINE)
        except OSError:
            received = b""
        if not received:
            self._selector.unregister(connection)
            connection.close()
            if line.worker is not None and line.worker.connection is connection:
                line.worker.connection = None
            return
        for text in line.lines(received):
            if line.worker is None:
                line.worker = self._greeted(connection, text)
                if line.worker is None:
                    self._selector.unregister(connection)
                    connection.close()
                    return
            else:
                self._told(line.worker, json.loads(text))

    def _greeted(self, connection: socket.socket, text: str) -> Optional[Worker]:
        """Whose connection it is: strangers do not know the token."""
        token, _, place = text.partition(" ")
        service, _, index = place.rpartition(" ")
        if not secrets.compare_digest(token.encode(), self._token.encode()):
            return None
        for worker in self._workers:
            if worker.service.name == service and str(worker.index) == index:
                worker.connection = connection
                if self._until is not None or worker.surplus:
                    self._tell(worker, b"drain\n")
                return worker
        return None

    def _told(self, worker: Worker, told: dict[str, Any]) -> None:
        worker.admin = told.get("admin", worker.admin)
        ready = told.get("ready")
        if ready is not None:
            worker.ready = True
            self._started.add(worker.service.name)
            if self._until is None:
                self._want(worker.service, self._processes(worker.service, ready["replicas"]))

    def _disconnect(self, worker: Worker) -> None:
        worker.ready, worker.admin = False, None
        connection, worker.connection = worker.connection, None
        if connection is not None:
            self._selector.unregister(connection)
            connection.close()


class _Line:
    """What has been received of a line, and whose it is."""

    def __init__(self) -> None:
        self.worker: Optional[Worker] = None
        self._rest = b""

    def lines(self, received: bytes) -> list[str]:
        *whole, self._rest = (self._rest + received).split(b"\n")
        self._rest = self._rest[:_LONGEST_LINE]
        return [line.decode(errors="replace") for line in whole]
