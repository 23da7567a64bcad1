"""``async def`` functions: they run on one event loop a process, while the runtime's threads wait for them."""

from __future__ import annotations

import asyncio
import functools
import inspect
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any, Optional

from . import _native

#: The runtime gives a message up after its time. Only then is it too late for the function to be heard.
_GRACE = 2.0

_lock = threading.Lock()
_running: Optional[asyncio.AbstractEventLoop] = None


def is_async(function: Callable[..., Any]) -> bool:
    """Whether it runs on the event loop."""
    innermost = called(function)
    return inspect.isasyncgenfunction(innermost) or inspect.iscoroutinefunction(innermost)


def blocking(function: Callable[..., Any], timeout: Optional[float]) -> Callable[..., Any]:
    """The function itself; if it is ``async``, one that waits for it, and cancels it after its time."""
    if not is_async(function):
        return function
    until = (_native.default_timeout() if timeout is None else timeout) + _GRACE

    def wait(*arguments: Any, **keywords: Any) -> Any:
        # Nothing of an `async` function runs here, and all of a decorator that has a loop of its own.
        result = function(*arguments, **keywords)
        if not isinstance(result, (Awaitable, AsyncIterator)):
            return result
        future = asyncio.run_coroutine_threadsafe(_results(result), event_loop())
        try:
            raised = future.exception(until)
        except BaseException:
            # The runtime has given the message up already.
            future.cancel()
            raise
        if raised is not None:
            raise raised
        return future.result()

    return wait


def called(function: Callable[..., Any]) -> Any:
    """What is called in the end, under its decorators and its ``functools.partial``."""
    if isinstance(function, functools.partial):
        return called(function.func)
    innermost = inspect.unwrap(function)
    if innermost is not function:
        return called(innermost)
    return function if inspect.isroutine(function) else getattr(function, "__call__", function)


async def _results(result: Any) -> Any:
    if isinstance(result, Awaitable):
        result = await result
    return [one async for one in result] if isinstance(result, AsyncIterator) else result


def event_loop() -> asyncio.AbstractEventLoop:
    global _running
    with _lock:
        if _running is None:
            _running = asyncio.new_event_loop()
            threading.Thread(target=_run, args=(_running,), name="slingshot-asyncio", daemon=True).start()
        return _running


def _run(loop: asyncio.AbstractEventLoop) -> None:
    while True:
        # `sys.exit()` leaves the loop too. It ends one call, and no other.
        with suppress(SystemExit, KeyboardInterrupt):
            loop.run_forever()
