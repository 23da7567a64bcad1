"""What services raise, and what their functions may raise to say what should become of a message.

Any other exception is taken as one that may pass: its message is tried again, as often as the service's ``retry``
says, and is a dead letter then.
"""

from __future__ import annotations

import os
import traceback
from typing import TYPE_CHECKING, Any, NamedTuple, Optional

if TYPE_CHECKING:
    from ._native import Cause

__all__ = [
    "CallError",
    "DataError",
    "ObjectError",
    "ObjectMissing",
    "PermanentError",
    "Refusal",
    "ResultError",
    "RetryAfter",
    "SendError",
    "ServiceError",
    "Skip",
    "SlingshotError",
    "StateError",
]


class SlingshotError(Exception):
    """What all of them are."""


class ServiceError(SlingshotError):
    """A service that is described wrongly, or cannot run."""


class ObjectError(SlingshotError, OSError):
    """An object that could not be read or written."""

    _cause: Optional[Cause] = None


class ObjectMissing(ObjectError, FileNotFoundError):
    """There is no such object."""


class PermanentError(SlingshotError):
    """Trying again cannot cure it: the message becomes a dead letter at once."""


class ResultError(PermanentError, TypeError):
    """What a function returned or yielded is no result."""


class RetryAfter(SlingshotError):
    """It is known to last: the message is tried again after so many seconds, and not before.

    The broker keeps the delay, a day at most; the attempt counts as any other.
    """

    def __init__(self, seconds: float, message: str = "") -> None:
        super().__init__(message or f"to be tried again after {seconds:g} s")
        self.seconds = seconds


class Skip(SlingshotError):
    """The message needs no work after all: it is acknowledged, and nothing of it is kept or published."""

    def __init__(self, reason: str = "nothing to do") -> None:
        super().__init__(reason)
        self.reason = reason


class Refusal(SlingshotError):
    """A handler's caller has asked for what there is not: ``Refusal(404, "no such order")``.

    Over HTTP it is an answer with this status, from 400 to 599, and these words. Every other exception is answered
    with 500 and none of its words.
    """

    def __init__(self, status: int, message: str) -> None:
        if not 400 <= status <= 599:
            raise ValueError(f"the status of a refusal lies between 400 and 599, and is not {status}")
        super().__init__(message)
        self.status = status


class CallError(SlingshotError):
    """A call of a handler that got no reply."""

    kind: str = "error"
    """``"not-found"``, ``"malformed"``, ``"line-full"``, ``"timeout"``, ``"too-deep"``, ``"error"``, ``"panic"``,
    ``"lost"``, ``"draining"`` or ``"broker"``."""
    status: int = 500
    """What it is over HTTP."""
    _cause: Optional[Cause] = None


class SendError(SlingshotError):
    """An id that was not sent to its service, or not for certain."""

    _cause: Optional[Cause] = None


class StateError(SlingshotError, TypeError):
    """A value of the shared state that is taken for another type than its own."""


class DataError(SlingshotError, ValueError):
    """Data that is not of the type that it is taken for, or has no JSON."""


class _Malformed(Exception):
    """The data of a call is not what the handler takes."""


# What follows is called by the native half.

_PACKAGE = os.path.dirname(__file__)

#: A header holds 4 KiB. The end of a traceback says most.
_LONGEST_TRACEBACK = 3500


class _Told(NamedTuple):
    outcome: str
    seconds: float
    message: str
    traceback: str
    cause: Optional[Cause]


def _tell(exception: BaseException) -> _Told:
    """What the runtime is told of what a function raised: what any exception of its chain says holds."""
    outcome, seconds, cause = "transient", 0.0, None
    for one in _chain(exception):
        if outcome == "transient":
            if isinstance(one, PermanentError):
                outcome = "permanent"
            elif isinstance(one, Skip):
                outcome = "skip"
            elif isinstance(one, RetryAfter):
                outcome, seconds = "retry-after", max(one.seconds, 0.0)
        if cause is None and isinstance(one, (ObjectError, CallError, SendError)):
            cause = one._cause
    if isinstance(exception, (PermanentError, Skip, RetryAfter)) and type(exception).__module__ == __name__:
        message = str(exception)
    else:
        message = "".join(traceback.format_exception_only(type(exception), exception)).strip()
    text = _traceback(exception)
    if len(text.encode(errors="replace")) > _LONGEST_TRACEBACK:
        text = "…" + text.encode(errors="replace")[-_LONGEST_TRACEBACK:].decode(errors="ignore")
    return _Told(outcome, seconds, _shown(message or type(exception).__name__), _shown(text), cause)


class _HandlerTold(NamedTuple):
    outcome: str
    status: int
    message: str
    told: _Told


def _tell_of_handler(exception: BaseException, handler: str) -> _HandlerTold:
    """What the runtime is told of what a handler raised. What was not raised for the client stays in the log."""
    if isinstance(exception, _Malformed):
        return _HandlerTold("malformed", 400, str(exception), _Told("transient", 0.0, "", "", None))
    told = _tell(exception)
    refusal = next((one for one in _chain(exception) if isinstance(one, Refusal)), None)
    if refusal is not None:
        return _HandlerTold("refused", refusal.status, _shown(str(refusal)), told)
    if told.outcome == "transient":
        told = told._replace(message=f"`{handler}` raised {type(exception).__qualname__}")
    return _HandlerTold("failed", 500, told.message, told)


def _traceback(exception: BaseException) -> str:
    """As Python prints it, without what is between the function and the runtime."""
    printed = traceback.TracebackException.from_exception(exception)
    links: list[Optional[traceback.TracebackException]] = [printed]
    while links:
        link = links.pop()
        if link is not None:
            link.stack[:] = [frame for frame in link.stack if os.path.dirname(frame.filename) != _PACKAGE]
            links += [link.__cause__, link.__context__, *(getattr(link, "exceptions", None) or ())]
    return "".join(printed.format()).rstrip()


def _shown(text: str) -> str:
    """Without the halves of surrogate pairs, which names of files may have, and no UTF-8."""
    return text.encode(errors="backslashreplace").decode()


def _chain(exception: Optional[BaseException]) -> list[BaseException]:
    found: list[BaseException] = []
    while exception is not None and exception not in found:
        found.append(exception)
        suppressed = exception.__suppress_context__
        exception = exception.__cause__ or (None if suppressed else exception.__context__)
    return found


def _make(missing: bool, message: str, cause: Cause) -> ObjectError:
    error = ObjectMissing(message) if missing else ObjectError(message)
    error._cause = cause
    return error


def _make_call_error(kind: str, status: int, message: str, cause: Cause) -> CallError:
    error = CallError(message)
    error.kind, error.status, error._cause = kind, status, cause
    return error


def _make_send_error(message: str, cause: Cause) -> SendError:
    error = SendError(message)
    error._cause = cause
    return error


def _wrong_result(value: Any, service: str, expected: str) -> ResultError:
    try:
        shown = repr(value)
    except Exception:
        shown = f"a {type(value).__name__}"
    if len(shown) > 200:
        shown = shown[:200] + "…"
    return ResultError(f"the function of the service `{service}` yielded {shown}: {expected}")
