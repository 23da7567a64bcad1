"""Services as their users describe them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, NamedTuple, Optional, TypeVar, Union

from . import _environment, _native, _plan
from .errors import ServiceError
from .typing import AsyncResults, ProcessFn, Results, StartupFn

Duration = Union[float, str, timedelta]
"""Seconds, a text such as ``"1h30m"``, or a ``timedelta``."""

#: How long a message is remembered where ``deduplicate`` does not say: as in Rust.
_KEEP = 7 * 24 * 3600.0

F = TypeVar("F", bound=Callable[..., Union[Results, AsyncResults]])


class Retry(NamedTuple):
    """How often, and after which waits, a failed message is tried again."""

    max: int = 5
    """How many attempts there are in all: after the last one the message is a dead letter."""
    initial: Duration = 1.0
    """How long the message waits after its first attempt."""
    factor: int = 2
    """How many times as long it waits after each further one."""
    max_delay: Duration = 300.0
    """The longest wait."""


class Microservice:
    """A service: ``process`` is called for each message of its queue.

    ``Microservice(name, sys_map, process)``, or ``Microservice(name, sys_map, startup, process)`` with a function that
    runs once before the service consumes. ``sys_map`` is the host that is asked for everything else; the environment's
    ``SLINGSHOT_SYS_MAP`` wins over it.
    """

    def __init__(
        self,
        name: str,
        sys_map: Optional[str] = None,
        *functions: ProcessFn,
        process: Optional[ProcessFn] = None,
        startup: Optional[StartupFn] = None,
        replicas: Optional[int] = None,
        prefetch: Optional[int] = None,
        retry: Union[Retry, Mapping[str, Any], None] = None,
        timeout: Optional[Duration] = None,
        deduplicate: Union[bool, Duration] = False,
        transaction: bool = True,
        unrouted: str = "dead-letter",
        workers: Union[int, str, None] = None,
        cases: Optional[Iterable[Any]] = None,
        reads: Iterable[str] = (),
        writes: Iterable[str] = (),
    ) -> None:
        if len(functions) > 2:
            raise ServiceError(f"`{name}` has {len(functions)} functions: a startup function and the service's own")
        if functions:
            process = functions[-1] if process is None else process
        if len(functions) == 2:
            startup = functions[0] if startup is None else startup
        if process is None:
            raise ServiceError(f"`{name}` has no function: give it as `process`")
        if not isinstance(name, str) or not name:
            raise ServiceError(f"the name of a service is a str, and not {name!r}")
        self.name = name
        self.process = process
        self.sys_map = sys_map
        self.workers = _workers(name, workers)
        seconds = None if timeout is None else in_seconds("timeout", timeout)
        self._plan = _plan.plan(process, seconds)
        self._startup = None if startup is None else _plan.plan(startup, seconds, startup=True)
        if deduplicate is not False and not transaction:
            raise ServiceError(f"`{name}` deduplicates in its transaction, and has none: leave one of the words out")
        self._replicas = 1 if replicas is None else replicas
        file, line = _plan.source(process)
        closed = _plan.cases(process) if cases is None else _plan.unique(cases)
        self._settings: dict[str, Any] = {
            "name": name,
            "sys_map": sys_map,
            "file": file,
            "line": line,
            "process": self._plan,
            "cases": closed,
            "reads": list(reads),
            "writes": list(writes),
            "replicas": whole(name, "replicas", replicas, 1000),
            "prefetch": whole(name, "prefetch", prefetch, 300),
            "timeout": seconds,
            "retry": _retry(name, retry),
            "deduplicate": _keep(deduplicate),
            "transaction": transaction,
            "drops_unrouted": _drops(name, unrouted),
        }

    #: A worker that ends is started again, however it ended.
    ends_all = False

    def start(self) -> None:
        """Runs the service, and the script's handlers, until the process is told to end, and returns when it has drained.

        One that could not run, or gave work back, ends the process with the exit code that says so (2, 1 or 75); one
        that was interrupted raises ``KeyboardInterrupt``.
        """
        from . import _run

        _run.run([self])

    @property
    def replicas(self) -> int:
        """How many messages it works on at once, unless the sys-map says otherwise."""
        return self._replicas

    @property
    def place(self) -> tuple[str, int]:
        """The file and the line of its function."""
        return self._settings["file"], self._settings["line"]

    @property
    def has_startup(self) -> bool:
        """Whether a function runs before the service consumes."""
        return self._startup is not None

    def described(self) -> SimpleNamespace:
        """What the native half is told, of a service that is not to run."""
        return SimpleNamespace(**self._settings, startup=self._startup, opener=None, share=None, one_replica=False)

    def spec(
        self, startup: bool = True, share: Optional[tuple[int, int]] = None, one_replica: bool = False
    ) -> SimpleNamespace:
        """What the native half is told. Its fields are known there."""
        plans = [self._plan] + ([self._startup] if self._startup else [])
        opener = None
        if any(plan.takes("connection") for plan in plans):
            from . import _database

            opener = _database.Opener(self.name, bool(self._settings["transaction"]))
        return SimpleNamespace(
            **self._settings,
            startup=self._startup if startup else None,
            opener=opener,
            share=share,
            one_replica=one_replica,
        )

    def __repr__(self) -> str:
        return f"Microservice({self.name!r}, {self.sys_map!r}, {getattr(self.process, '__qualname__', self.process)})"


#: What ``@microservice`` has found, in order.
_registered: list[Microservice] = []


def microservice(
    name: Optional[str] = None, sys_map: Optional[str] = None, **options: Any
) -> Callable[[F], F]:
    """Makes a service of a function, which stays a function. ``run()`` runs all of them.

    The options are those of ``Microservice``; the name is the function's, with ``-`` for ``_``, unless it is given.
    """
    if callable(name):
        raise ServiceError("write `@microservice()`, with parentheses")

    def register(function: F) -> F:
        called = name if name is not None else getattr(function, "__name__", "").replace("_", "-")
        if not called:
            raise ServiceError(f"{function!r} has no name to call a service by: write `microservice(name=..)`")
        made = Microservice(called, sys_map, function, **options)
        known = next((known for known in _registered if known.name == called), None)
        if known is None:
            _registered.append(made)
        elif known.place != made.place:
            raise ServiceError(f"there are two services called `{called}`")
        elif function.__module__ == "__main__":
            # A script that is imported by what it imports defines its functions twice.
            _registered[_registered.index(known)] = made
        return function

    return register


def registered() -> list[Microservice]:
    """The services that ``@microservice`` made."""
    return list(_registered)


def in_seconds(word: str, duration: Any) -> float:
    """How many seconds a duration is."""
    if isinstance(duration, timedelta):
        seconds = duration.total_seconds()
    elif isinstance(duration, str):
        try:
            seconds = _native.seconds(duration)
        except ValueError as error:
            raise ServiceError(f"{word}: {error}") from None
    elif isinstance(duration, (int, float)) and not isinstance(duration, bool):
        seconds = float(duration)
    else:
        raise ServiceError(f"{word} is seconds, a text such as '25m', or a timedelta, and not {duration!r}")
    if not 0 < seconds < 1e9:
        raise ServiceError(f"{word} is longer than zero and shorter than 30 years, and not {duration!r}")
    return seconds


def _keep(deduplicate: Any) -> Optional[float]:
    if deduplicate is False or deduplicate is None:
        return None
    return _KEEP if deduplicate is True else in_seconds("deduplicate", deduplicate)


def _retry(name: str, retry: Any) -> Optional[tuple[int, float, int, float]]:
    if retry is None:
        return None
    try:
        retry = Retry(**retry) if isinstance(retry, Mapping) else Retry(*retry)
    except TypeError:
        raise ServiceError(f"retry is a Retry(max, initial, factor, max_delay) or a dict of them, and not {retry!r}") from None
    most = 2**32 - 1
    return (
        _number(name, "retry's max", retry.max, most, 0),
        in_seconds("retry's initial", retry.initial),
        _number(name, "retry's factor", retry.factor, most, 0),
        in_seconds("retry's max_delay", retry.max_delay),
    )


def _drops(name: str, unrouted: str) -> bool:
    if unrouted not in ("dead-letter", "drop"):
        raise ServiceError(f"unrouted of `{name}` is 'dead-letter' or 'drop', and not {unrouted!r}")
    return unrouted == "drop"


def _workers(name: str, workers: Any) -> Union[int, str, None]:
    if workers is None:
        # Without the interpreter's lock, threads compute at the same time.
        return "threads" if _environment.has_no_lock() else None
    if workers == "threads":
        return "threads"
    if isinstance(workers, int) and not isinstance(workers, bool) and 1 <= workers <= 1000:
        return workers
    raise ServiceError(f"workers of `{name}` is a number of processes or 'threads', and not {workers!r}")


def whole(name: str, word: str, count: Any, most: int, least: int = 1) -> Optional[int]:
    """A number in its bounds, if there is one."""
    return None if count is None else _number(name, word, count, most, least)


def _number(name: str, word: str, count: Any, most: int, least: int) -> int:
    if isinstance(count, int) and not isinstance(count, bool) and least <= count <= most:
        return count
    raise ServiceError(f"{word} of `{name}` is a number from {least} to {most}, and not {count!r}")
