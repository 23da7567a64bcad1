"""``async def`` functions: they run on one event loop a process, while the runtime's threads wait for them."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any, Optional

from . import _native

#: The runtime gives a message up after its time. Only then is it too late for the function to be heard.
_GRACE = 2.0

_lock = threading.Lock()
_running: Optional[asyncio.AbstractEventLoop] = None


def is_async(function: Callable[..., Any]) -> bool:
    """Whether it runs on the event loop."""
    called = _called(function)
    return inspect.isasyncgenfunction(called) or inspect.iscoroutinefunction(called)


def blocking(function: Callable[..., Any], timeout: Optional[float]) -> Callable[..., Any]:
    """The function itself; if it is ``async``, one that waits for it, and cancels it after its time."""
    until = (_native.default_timeout() if timeout is None else timeout) + _GRACE
    called = _called(function)
    if inspect.isasyncgenfunction(called):
        start = _collect
    elif inspect.iscoroutinefunction(called):
        start = _await
    else:
        return function

    def wait(*arguments: Any, **keywords: Any) -> Any:
        running = start(function, arguments, keywords)
        future = asyncio.run_coroutine_threadsafe(running, event_loop())
        try:
            return future.result(until)
        except BaseException:
            # The runtime has given the message up already.
            future.cancel()
            raise

    return wait


def _called(function: Callable[..., Any]) -> Any:
    return inspect.unwrap(function if inspect.isroutine(function) else getattr(function, "__call__", function))


async def _await(function: Callable[..., Any], arguments: Any, keywords: Any) -> Any:
    result = await function(*arguments, **keywords)
    return await _all_of(result) if isinstance(result, AsyncIterator) else result


async def _collect(function: Callable[..., Any], arguments: Any, keywords: Any) -> Any:
    return await _all_of(function(*arguments, **keywords))


async def _all_of(results: AsyncIterator[Any]) -> list[Any]:
    return [result async for result in results]


def event_loop() -> asyncio.AbstractEventLoop:
    global _running
    with _lock:
        if _running is None:
            _running = asyncio.new_event_loop()
            threading.Thread(target=_running.run_forever, name="slingshot-asyncio", daemon=True).start()
        return _running
