"""For tests that call a service's or a handler's function as what it is: a function.

>>> from slingshot_microservice.testing import Buckets, rehearse
>>> def shout(request, read_file, write_file):
...     text = read_file("in", request).read()
...     write_file("out", request).write(text.upper())
...     yield request, bool(text)
>>> buckets = Buckets({"in": {7: "hello"}})
>>> rehearse(shout, 7, buckets=buckets)
[(7, True)]
>>> buckets.get("out", 7)
b'HELLO'
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Optional, Union

from . import _handler, _native, _plan
from ._bus import AsyncBus, AsyncQueues, Bus, Queues
from ._files import ReadFile, WriteFile
from ._native import Payload
from ._state import SharedState
from .errors import ObjectMissing, ServiceError
from ._service import Duration
from .typing import ProcessFn

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

__all__ = ["Buckets", "Handlers", "rehearse", "transaction"]


class Buckets:
    """Buckets in memory. What a function writes is there to be read at once, also when the function fails."""

    def __init__(self, objects: Optional[Mapping[str, Mapping[int, Union[bytes, str]]]] = None) -> None:
        self._objects: dict[tuple[str, int], _Object] = {}
        self._closing: list[Any] = []
        for key, contents in (objects or {}).items():
            for id, content in contents.items():
                self.put(key, id, content)

    def put(self, key: str, id: int, content: Union[bytes, str]) -> None:
        """Puts an object in the bucket behind ``key``."""
        stored = self._objects[key, id] = _Object()
        stored.write(content.encode() if isinstance(content, str) else content)

    def get(self, key: str, id: int) -> Optional[bytes]:
        """The object ``id`` of the bucket behind ``key``, if there is one."""
        found = self._objects.get((key, id))
        return None if found is None else bytes(found.content)

    @property
    def read_file(self) -> ReadFile:
        """What a function takes as ``read_file``."""
        return ReadFile(self)

    @property
    def write_file(self) -> WriteFile:
        """What a function takes as ``write_file``."""
        return WriteFile(self)

    def close(self) -> None:
        """Closes what a service closes when its function has returned."""
        closing, self._closing = self._closing, []
        for file in closing:
            file.close()

    # What files are opened by.

    def read(self, key: str, id: int) -> io.BytesIO:
        content = self.get(key, id)
        if content is None:
            raise ObjectMissing(f"there is no object {id} in the bucket behind `{key}`")
        return io.BytesIO(content)

    def write(self, key: str, id: int) -> _Object:
        written = self._objects[key, id] = _Object()
        return written

    def close_later(self, file: Any) -> None:
        self._closing.append(file)


class _Object:
    def __init__(self) -> None:
        self.content = bytearray()

    def write(self, block: bytes, /) -> None:
        self.content += block


class Handlers:
    """Handlers that know each other, without a server: decorated functions, or all that the test has imported.

    >>> from slingshot_microservice import Bus, handler
    >>> @handler
    ... def titles(name: str) -> str:
    ...     return f"dear {name}"
    >>> @handler
    ... def greet(name: str, bus: Bus) -> str:
    ...     return "Hello, " + bus.publish("titles", name).text()
    >>> handlers = Handlers(titles, greet)
    >>> handlers.call("greet", "Ada").text()
    'Hello, dear Ada'
    >>> greet("Ada", handlers.bus)
    'Hello, dear Ada'
    """

    def __init__(self, *functions: Callable[..., Any], state: Optional[SharedState] = None) -> None:
        known = _handler.registered()
        for function in functions:
            if all(handler.function is not function for handler in known):
                raise ServiceError(f"{getattr(function, '__qualname__', function)} is no handler: write `@handler` above it")
        chosen = [handler for handler in known if not functions or handler.function in functions]
        self.state = SharedState() if state is None else state
        """What they share."""
        bus = _native.rehearse([handler.spec for handler in chosen], self.state._state)
        self.bus = Bus(bus)
        """For functions that are not ``async``, and for the test itself."""
        self.async_bus = AsyncBus(bus)
        """For ``async def`` functions, on the test's event loop."""
        self.queues = Queues(bus)
        """Nothing is sent: each ``send`` is a ``SendError``."""
        self.async_queues = AsyncQueues(bus)
        """The same for ``async def`` functions."""

    def call(self, name: str, data: object = None, *, timeout: Optional[Duration] = None) -> Payload:
        """Calls a handler by its name, as a request or another handler does: with its replicas, its timeout, and its
        data read as its annotations say. What gets no reply is a ``CallError``."""
        return self.bus.publish(name, data, timeout=timeout)


def rehearse(
    process: ProcessFn,
    request: int = 0,
    *,
    buckets: Optional[Buckets] = None,
    connection: Optional[Connection] = None,
    delivery: Optional[_native.Delivery] = None,
    handlers: Optional[Handlers] = None,
) -> list[tuple[int, Union[bool, int, str]]]:
    """Calls a function, ``async`` or not, as a service would, and says what it would route. What it raises is raised."""
    plan = _plan.plan(process)
    buckets = Buckets() if buckets is None else buckets
    offers: dict[str, Any] = {
        "request": request,
        "read_file": buckets.read_file,
        "write_file": buckets.write_file,
        "connection": connection,
        "delivery": _native.Delivery() if delivery is None else delivery,
    }
    if any(plan.takes(word) for word in _plan.SHARED.values()):
        shared = Handlers() if handlers is None else handlers
        offers.update({word: getattr(shared, word) for word in _plan.SHARED.values()})
    if connection is None and plan.takes("connection"):
        raise ServiceError("the function takes a `connection`: give it one, such as that of `transaction(url)`")
    keywords = {name: offers[argument] for name, argument in plan.keywords}
    try:
        result = plan.function(*(offers[argument] for argument in plan.positional), **keywords)
        return _native.collect(result, getattr(process, "__name__", "rehearsal"))
    finally:
        buckets.close()


@contextlib.contextmanager
def transaction(url: str) -> Iterator[Connection]:
    """A connection as functions get it, in a transaction that is rolled back at the end. The URL is PostgreSQL's own,
    or SQLAlchemy's."""
    from . import _database

    handle = _database.connected(url)
    handle.begin()
    try:
        yield handle.connection
    finally:
        handle.abandon()
