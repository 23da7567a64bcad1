"""Running services: in this process, as one of its workers, or with workers of its own."""

from __future__ import annotations

import signal
import threading
from typing import Optional

from . import _environment, _loop, _native
from ._service import Microservice, registered
from ._supervisor import Supervisor
from .errors import ServiceError


def run(services: Optional[list[Microservice]] = None) -> None:
    """Runs services until the process is told to end; without a list, all that ``@microservice`` made."""
    if services is None:
        services = registered()
    if not services:
        raise ServiceError("there is no service: decorate a function with `@microservice(..)`")
    if _environment.describes():
        print(_native.describe([service.described() for service in services]))
        raise SystemExit(0)
    worker = _environment.worker()
    if worker is not None:
        _be(worker, services)
        return
    services = _chosen(services)
    command = _environment.command()
    if command is None or all(service.workers == "threads" for service in services):
        code = _run_here(services)
    else:
        code = Supervisor(services, command).run()
    if code != 0:
        raise SystemExit(code)


def _be(worker: _environment.Worker, services: list[Microservice]) -> None:
    """Is a worker of one of the services; returns if it is none of these."""
    service = next((service for service in services if service.name == worker.service), None)
    if service is None:
        return
    # Ctrl-C is for all processes of a terminal: the native half drains on it, and there is nothing to raise.
    _set(signal.SIGINT, signal.SIG_IGN)
    spec = service.spec(worker.startup, *share(service, worker.place))
    greeting = f"{worker.token} {worker.service} {worker.place}"
    raise SystemExit(_native.run([spec], (worker.address, greeting)))


def share(service: Microservice, index: int) -> tuple[Optional[tuple[int, int]], bool]:
    """Which of its replicas are a worker's: a part of them, and whether just one."""
    if service.workers == "threads":
        return None, False
    if isinstance(service.workers, int):
        return (index, service.workers), False
    return None, not _loop.is_async(service.process)


def _chosen(services: list[Microservice]) -> list[Microservice]:
    names = _environment.services()
    if names is None:
        return services
    known = {service.name: service for service in services}
    for name in names:
        if name not in known:
            _native.start_log()
            message = f"SLINGSHOT_SERVICES names `{name}`, and the script holds {', '.join(known)}"
            _native.log("error", "", f"cannot start: {message}")
            raise SystemExit(2)
    return [service for service in services if service.name in names]


def _run_here(services: list[Microservice]) -> int:
    terminate = signal.getsignal(signal.SIGTERM)
    try:
        return _native.run([service.spec() for service in services], None)
    finally:
        # The runtime's handler stays, and has nothing to end any more. That of SIGINT passes the signal on.
        _set(signal.SIGTERM, terminate)


def _set(number: int, handler: object) -> None:
    if threading.current_thread() is threading.main_thread() and handler is not None:
        signal.signal(number, handler)  # type: ignore[arg-type]


__all__ = ["run"]

