"""Running services and handlers: in this process, as one of its workers, or with workers of its own."""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import NoReturn, Optional, Union

from . import _environment, _handler, _loop, _native
from ._handler import Handler, HandlerGroup
from ._service import Microservice, registered
from ._supervisor import Supervisor
from .errors import ServiceError


#: How the last run in this process has ended: until it is known, with work that was given back.
_code = 75


def run(services: Optional[list[Microservice]] = None) -> None:
    """Runs services until the process is told to end; without a list, all that ``@microservice`` made. The handlers
    that ``@handler`` made are served in any case."""
    if _environment.is_of_multiprocessing():
        return
    handlers = _handler.registered()
    has_nothing = not services if services is not None else not registered() and not handlers
    services = registered() if services is None else services
    if has_nothing:
        raise ServiceError("there is no service and no handler: decorate a function with `@microservice(..)` or `@handler`")
    manifest = _environment.describes()
    if manifest is not None:
        described = [service.described() for service in services]
        print(_native.describe(described, [handler.spec for handler in handlers]), file=manifest, flush=True)
        raise SystemExit(0)
    worker = _environment.worker()
    if worker is not None:
        _be(worker, services, handlers)
        return
    services = _chosen(services)
    command = _environment.command()
    if command is None or (services and all(service.workers == "threads" for service in services)):
        code = _run_here(services, handlers)
    else:
        groups: Sequence[Union[Microservice, HandlerGroup]] = [HandlerGroup()] if handlers else []
        code = Supervisor([*groups, *services], command).run()
    if code != 0:
        raise SystemExit(code)


def _be(worker: _environment.Worker, services: list[Microservice], handlers: list[Handler]) -> None:
    """Is a worker of one of the services, or of the handlers; returns if it is none of these."""
    service = next((service for service in services if service.name == worker.service), None)
    is_of_handlers = bool(handlers) and worker.service == HandlerGroup.name
    if service is None and not is_of_handlers:
        return
    # Ctrl-C is for all processes of a terminal: the native half drains on it, and there is nothing to raise.
    _set(signal.SIGINT, signal.SIG_IGN)
    os.register_at_fork(after_in_child=_forked)
    greeting = f"{worker.token} {worker.service} {worker.place}"
    if service is None:
        code = _native.run([], [handler.spec for handler in handlers], (worker.address, greeting))
    else:
        spec = service.spec(worker.startup, *share(service, worker.place))
        code = _native.run([spec], [], (worker.address, greeting))
    # Whoever is inside is not waited for.
    atexit.unregister(_close)
    atexit.register(_leave, code)
    raise SystemExit(code)


def _leave(code: int) -> NoReturn:
    """Ends a worker in the place of the interpreter, when all that is to be done before is done: the runtime waits neither
    for a function that does not return nor for a connection to be closed, and where a thread comes back from such a
    thing into an interpreter that is going, the process aborts."""
    atexit.unregister(_leave)
    atexit._run_exitfuncs()
    _flush()
    os._exit(code)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        # It may be closed, or not be there.
        with suppress(AttributeError, OSError, ValueError):
            stream.flush()


def _close() -> None:
    """Lets no thread of the runtime's into an interpreter that is going. A function that does not return has been left
    behind, and is inside: its process ends here, in the place of the interpreter."""
    if _native.close():
        return
    logging = sys.modules.get("logging")
    if logging is not None:
        logging.shutdown()
    _flush()
    os._exit(_code)


# One of the first to be registered is one of the last to be called.
atexit.register(_close)


def _forked() -> None:
    """In a process that a function has forked: the runtime's threads are not there, and nobody hears its signals."""
    _native.forked()
    atexit.unregister(_close)
    for number in (signal.SIGTERM, signal.SIGINT):
        _set(number, signal.getsignal(number))


def _end_forked(raised: Optional[BaseException]) -> NoReturn:
    """Ends a forked process whose function has come to its end: its message is its parent's."""
    code: object = 0
    if isinstance(raised, SystemExit):
        code = raised.code or 0
    elif raised is not None:
        sys.excepthook(type(raised), raised, raised.__traceback__)
        code = 1
    if not isinstance(code, int):
        print(code, file=sys.stderr)
        code = 1
    _flush()
    os._exit(code & 0xFF)


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


def _run_here(services: list[Microservice], handlers: list[Handler]) -> int:
    global _code
    terminate = signal.getsignal(signal.SIGTERM)
    os.register_at_fork(after_in_child=_forked)
    try:
        _code = _native.run([service.spec() for service in services], [handler.spec for handler in handlers], None)
        return _code
    finally:
        # The runtime's handler stays, and has nothing to end any more. That of SIGINT passes the signal on.
        _set(signal.SIGTERM, terminate)


def _set(number: int, handler: object) -> None:
    if threading.current_thread() is threading.main_thread() and handler is not None:
        signal.signal(number, handler)  # type: ignore[arg-type]


__all__ = ["run"]
