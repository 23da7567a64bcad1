"""Handlers as their users describe them: functions that answer requests, and other handlers."""

from __future__ import annotations

import asyncio
import concurrent.futures
import dataclasses
import inspect
import typing
from collections.abc import Callable, Mapping
from types import MappingProxyType, SimpleNamespace
from typing import Any, NamedTuple, Optional, TypeVar, Union, overload

from . import _environment, _json, _kinds, _loop, _native, _plan
from ._bus import AsyncBus, AsyncQueues, Bus, Queues, Source
from ._native import Payload
from ._service import Duration, in_seconds, whole
from ._state import SharedState
from .errors import DataError, ServiceError, _Malformed

F = TypeVar("F", bound=Callable[..., Any])

_NO_HEADERS: Mapping[str, str] = MappingProxyType({})


@dataclasses.dataclass(frozen=True)
class RequestHead:
    """The head of the HTTP request that a call came by; empty for calls over the bus."""

    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Those that are texts, names in lower case; of several of one name the first."""
    query: Optional[str] = None
    """What follows the ``?`` of the address, as it was sent."""
    peer: Optional[str] = None
    """The client's address."""
    client_names: tuple[str, ...] = ()
    """The names (CN and DNS SAN) in the client's certificate."""

    def header(self, name: str) -> Optional[str]:
        """A header, its name in any case."""
        return self.headers.get(name.lower())


class Reply(NamedTuple):
    """An answer with another status than 200, or with headers, which only HTTP callers see."""

    status: int
    """From 200 to 299: what failed is a ``Refusal``, and not a reply."""
    body: Any = None
    """Whatever a handler may return."""
    headers: Mapping[str, str] = _NO_HEADERS


class Argument(NamedTuple):
    """A parameter, and where it comes from."""

    name: str
    of: Callable[[_native.Offer], Any]
    is_positional: bool


#: What a call offers beside the data, and whether to `async` functions, to others, or to both.
_OFFERS: dict[Any, tuple[Callable[[_native.Offer], Any], Optional[bool]]] = {
    Source: (lambda offer: Source(offer.source()), None),
    RequestHead: (lambda offer: _head(offer), None),
    SharedState: (lambda offer: SharedState(offer.state()), None),
    Bus: (lambda offer: Bus(offer.bus()), False),
    Queues: (lambda offer: Queues(offer.bus()), False),
    AsyncBus: (lambda offer: AsyncBus(offer.bus()), True),
    AsyncQueues: (lambda offer: AsyncQueues(offer.bus()), True),
}

_OTHER = {Bus: AsyncBus, AsyncBus: Bus, Queues: AsyncQueues, AsyncQueues: Queues}


class Handler:
    """A function that is called by its name."""

    def __init__(
        self,
        function: Callable[..., Any],
        name: Optional[str] = None,
        replicas: Optional[int] = None,
        queue: Optional[int] = None,
        timeout: Optional[Duration] = None,
    ) -> None:
        if not callable(function):
            raise ServiceError(f"{function!r} is no function: write `@handler(name=..)` above one")
        called = _loop.called(function)
        if inspect.isgeneratorfunction(called) or inspect.isasyncgenfunction(called):
            raise ServiceError(f"{called.__qualname__}() yields: a handler returns its answer")
        self.function = function
        self.name = getattr(function, "__name__", "") if name is None else name
        if not isinstance(self.name, str) or not self.name:
            raise ServiceError(f"the name of a handler is a str, and not {self.name!r}")
        self.is_async = _loop.is_async(function)
        self._arguments = arguments(function, self.is_async)
        self.place = _plan.source(function)
        file, line = self.place
        self.spec = SimpleNamespace(
            name=self.name,
            file=file,
            line=line,
            replicas=whole(self.name, "replicas", replicas, 1000),
            queue=whole(self.name, "queue", queue, 1_000_000, least=0),
            timeout=None if timeout is None else in_seconds("timeout", timeout),
            head=any(argument.of is _OFFERS[RequestHead][0] for argument in self._arguments),
            is_async=self.is_async,
            call=self._start if self.is_async else self._call,
        )

    def _call(self, offer: _native.Offer) -> Any:
        positional, keywords = self._taken(offer)
        return _replied(self.function(*positional, **keywords))

    def _start(self, offer: _native.Offer, done: Callable[[Any], None]) -> concurrent.futures.Future[Any]:
        future = asyncio.run_coroutine_threadsafe(self._awaited(offer), _loop.event_loop())
        future.add_done_callback(done)
        return future

    async def _awaited(self, offer: _native.Offer) -> Any:
        positional, keywords = self._taken(offer)
        return _replied(await self.function(*positional, **keywords))

    def _taken(self, offer: _native.Offer) -> tuple[list[Any], dict[str, Any]]:
        try:
            taken = [(argument, argument.of(offer)) for argument in self._arguments]
        except DataError as error:
            raise _Malformed(str(error)) from None
        positional = [value for argument, value in taken if argument.is_positional]
        return positional, {argument.name: value for argument, value in taken if not argument.is_positional}


def arguments(function: Callable[..., Any], is_async: bool) -> list[Argument]:
    """Where each parameter comes from, by its annotation."""
    name = getattr(function, "__qualname__", repr(function))
    try:
        hints = typing.get_type_hints(_loop.called(function))
    except (NameError, TypeError) as error:
        raise ServiceError(f"the annotations of {name}() cannot be read: {error}") from None
    found: list[Argument] = []
    data: Optional[str] = None
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        kind = hints.get(parameter.name, parameter.empty)
        if kind is parameter.empty:
            raise ServiceError(f"{name}() takes `{parameter.name}` without an annotation that says what it is")
        offered = _OFFERS.get(kind) if isinstance(kind, type) else None
        if offered is not None and offered[1] not in (None, is_async):
            other = _OTHER[kind].__name__
            function_is = "an `async def` function" if is_async else "a function that is not `async`"
            raise ServiceError(f"{name}() takes `{parameter.name}: {kind.__name__}`: {function_is} takes `{other}`")
        if offered is None:
            if data is not None:
                raise ServiceError(f"{name}() takes the data twice, as `{data}` and as `{parameter.name}`")
            data = parameter.name
        take = _data(name, parameter, kind) if offered is None else offered[0]
        found.append(Argument(parameter.name, take, parameter.kind is parameter.POSITIONAL_ONLY))
    return found


def _data(function: str, parameter: inspect.Parameter, kind: Any) -> Callable[[_native.Offer], Any]:
    if kind not in (str, bytes, Payload):
        try:
            _kinds.check(kind)
        except ServiceError as error:
            raise ServiceError(f"{function}() takes `{parameter.name}`: {error}") from None
    default = parameter.default

    def taken(offer: _native.Offer) -> Any:
        payload = offer.payload()
        if default is not parameter.empty and payload.form == "empty":
            return default
        return _json.of_payload(payload, kind)

    return taken


def _head(offer: _native.Offer) -> RequestHead:
    headers, query, peer, names = offer.head()
    first: dict[str, str] = {}
    for name, value in headers:
        first.setdefault(name, value)
    return RequestHead(MappingProxyType(first), query, peer, tuple(names))


def _replied(result: Any) -> tuple[Payload, Optional[int], list[tuple[str, str]]]:
    """What the native half makes an answer of."""
    if isinstance(result, Reply):
        return Payload(result.body), result.status, list(result.headers.items())
    return Payload(result), None, []


class HandlerGroup:
    """The handlers of a script, for its supervisor: one worker, for they share a server, a bus and a state."""

    name = _environment.HANDLERS
    workers = 1
    replicas = 1
    has_startup = False
    process: Callable[..., Any] = staticmethod(lambda: None)
    ends_all = True


#: What ``@handler`` has found, in order.
_registered: list[Handler] = []


@overload
def handler(function: F, /) -> F: ...
@overload
def handler(
    *,
    name: Optional[str] = None,
    replicas: Optional[int] = None,
    queue: Optional[int] = None,
    timeout: Optional[Duration] = None,
) -> Callable[[F], F]: ...
def handler(function: Optional[F] = None, /, **options: Any) -> Union[F, Callable[[F], F]]:
    """Makes a handler of a function, which stays a function. ``run()`` serves all of them.

    ``name`` is the last part of its address, and what the bus knows it by: the function's unless it is given;
    ``replicas`` calls of it run at once (1), ``queue`` calls may wait (1,000), and each takes no longer than
    ``timeout`` (30 s), with its wait.
    """

    def register(function: F) -> F:
        made = Handler(function, **options)
        # A script that is imported by what it imports defines its functions twice.
        _registered[:] = [known for known in _registered if (known.name, known.place) != (made.name, made.place)]
        _registered.append(made)
        return function

    return register if function is None else register(function)


def registered() -> list[Handler]:
    """The handlers that ``@handler`` made."""
    return list(_registered)
