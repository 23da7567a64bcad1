"""Calling handlers, telling all who listen, and starting the work of services: blocking, and for ``async def``."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from typing import Any, NamedTuple, Optional, Union

from . import _native
from ._native import Payload
from ._service import Duration, in_seconds


class Source(str):
    """Who sent the data: what an envelope's ``src`` says, or the calling handler or service. Empty when nobody said."""


class Broadcast(NamedTuple):
    """What was told on a topic."""

    source: Source
    payload: Payload


@dataclasses.dataclass(frozen=True)
class Missed:
    """So many broadcasts a listener has missed: it was too slow, or had no connection to the broker."""

    count: int


Heard = Union[Broadcast, Missed]


class Bus:
    """Calls other handlers; an argument of a function that is not ``async``: ``bus: Bus``.

    Data is a ``str``, ``bytes``, ``None``, a ``Payload``, or what has JSON: a ``dict``, a ``list``, a dataclass.
    What gets no reply is a ``CallError``.
    """

    def __init__(self, _bus: _native.Bus) -> None:
        self._bus = _bus

    def publish(self, handler: str, data: object = None, *, timeout: Optional[Duration] = None) -> Payload:
        """Calls a handler and waits for its reply: for as long as its timeout and the caller's own let it, and no
        longer than ``timeout``."""
        reply: Payload = _wait(self._bus.publish(handler, data, _limit(timeout)))
        return reply

    def dispatch(self, handler: str, data: object = None, *, timeout: Optional[Duration] = None) -> None:
        """Hands data to a handler and does not wait for its reply: only for room in its line."""
        _wait(self._bus.dispatch(handler, data, _limit(timeout)))

    def broadcast(self, topic: str, data: object = None) -> None:
        """Tells all who listen to a topic. Nobody waits."""
        _wait(self._bus.broadcast(topic, data))

    def subscribe(self, topic: str) -> Subscription:
        """Listens to a topic, from now on, for as long as the subscription is kept."""
        return Subscription(_wait(self._bus.subscribe(topic)))


class AsyncBus:
    """Calls other handlers; an argument of an ``async def`` function: ``bus: AsyncBus``. It is ``Bus``, awaited."""

    def __init__(self, _bus: _native.Bus) -> None:
        self._bus = _bus

    async def publish(self, handler: str, data: object = None, *, timeout: Optional[Duration] = None) -> Payload:
        """Calls a handler and waits for its reply: for as long as its timeout and the caller's own let it, and no
        longer than ``timeout``."""
        reply: Payload = await _heard(self._bus.publish(handler, data, _limit(timeout)))
        return reply

    async def dispatch(self, handler: str, data: object = None, *, timeout: Optional[Duration] = None) -> None:
        """Hands data to a handler and does not wait for its reply: only for room in its line."""
        await _heard(self._bus.dispatch(handler, data, _limit(timeout)))

    async def broadcast(self, topic: str, data: object = None) -> None:
        """Tells all who listen to a topic. Nobody waits."""
        await _heard(self._bus.broadcast(topic, data))

    async def subscribe(self, topic: str) -> AsyncSubscription:
        """Listens to a topic, from now on, for as long as the subscription is kept."""
        return AsyncSubscription(await _heard(self._bus.subscribe(topic)))


class Queues:
    """Sends ids to queue services; an argument of a function that is not ``async``: ``queues: Queues``."""

    def __init__(self, _bus: _native.Bus) -> None:
        self._bus = _bus

    def send(self, service: str, id: int) -> None:
        """Sends an id to a service, and returns when the broker has it. What goes wrong is a ``SendError``."""
        self.send_all(service, [id])

    def send_all(self, service: str, ids: Iterable[int]) -> None:
        """Sends many, and returns when the broker has all of them."""
        _wait(self._bus.send(service, list(ids)))


class AsyncQueues:
    """Sends ids to queue services; an argument of an ``async def`` function: ``queues: AsyncQueues``."""

    def __init__(self, _bus: _native.Bus) -> None:
        self._bus = _bus

    async def send(self, service: str, id: int) -> None:
        """Sends an id to a service, and returns when the broker has it. What goes wrong is a ``SendError``."""
        await self.send_all(service, [id])

    async def send_all(self, service: str, ids: Iterable[int]) -> None:
        """Sends many, and returns when the broker has all of them."""
        await _heard(self._bus.send(service, list(ids)))


class Subscription:
    """A listener to a topic: ``for heard in subscription``. What was missed is told once, as ``Missed``."""

    def __init__(self, _subscription: _native.Subscription) -> None:
        self._subscription = _subscription

    def next(self, timeout: Optional[Duration] = None) -> Optional[Heard]:
        """Waits for the next broadcast; ``None`` when the process ends. ``TimeoutError`` after ``timeout``."""
        return _of(_wait(self._subscription.next(_limit(timeout))))

    def __iter__(self) -> Iterator[Heard]:
        while True:
            heard = self.next()
            if heard is None:
                return
            yield heard


class AsyncSubscription:
    """A listener to a topic: ``async for heard in subscription``. What was missed is told once, as ``Missed``."""

    def __init__(self, _subscription: _native.Subscription) -> None:
        self._subscription = _subscription

    async def next(self, timeout: Optional[Duration] = None) -> Optional[Heard]:
        """Waits for the next broadcast; ``None`` when the process ends. ``TimeoutError`` after ``timeout``."""
        return _of(await _heard(self._subscription.next(_limit(timeout))))

    async def __aiter__(self) -> AsyncIterator[Heard]:
        while True:
            heard = await self.next()
            if heard is None:
                return
            yield heard


def _of(heard: Any) -> Optional[Heard]:
    if heard is None:
        return None
    if isinstance(heard, int):
        return Missed(heard)
    source, payload = heard
    return Broadcast(Source(source), payload)


def _limit(timeout: Optional[Duration]) -> Optional[float]:
    return None if timeout is None else in_seconds("timeout", timeout)


def _wait(pending: _native.Pending) -> Any:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return pending.wait()
    raise RuntimeError("this would keep the event loop: an `async def` function takes `AsyncBus` and `AsyncQueues`")


async def _heard(pending: _native.Pending) -> Any:
    """Waits on the event loop, and has nothing run on when the waiting is cancelled."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Any] = loop.create_future()

    def settle(got: Any, error: Optional[BaseException]) -> None:
        if future.done():
            return
        if error is None:
            future.set_result(got)
        else:
            future.set_exception(error)

    done: Callable[[Any, Optional[BaseException]], object] = lambda got, error: loop.call_soon_threadsafe(
        settle, got, error
    )
    pending.then(done)
    try:
        return await future
    finally:
        pending.abort()
