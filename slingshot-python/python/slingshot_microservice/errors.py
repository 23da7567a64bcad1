"""What services raise, and what their functions may raise to say what should become of a message.

Any other exception is taken as one that may pass: its message is tried again, as often as the service's ``retry``
says, and is a dead letter then.
"""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING, Any, NamedTuple, Optional

if TYPE_CHECKING:
    from ._native import Cause

__all__ = [
    "ObjectError",
    "ObjectMissing",
    "PermanentError",
    "ResultError",
    "RetryAfter",
    "ServiceError",
    "Skip",
    "SlingshotError",
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


# What follows is called by the native half.

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
        if cause is None and isinstance(one, ObjectError):
            cause = one._cause
    if isinstance(exception, (PermanentError, Skip, RetryAfter)) and type(exception).__module__ == __name__:
        message = str(exception)
    else:
        message = "".join(traceback.format_exception_only(type(exception), exception)).strip()
    text = "".join(traceback.format_exception(type(exception), exception, exception.__traceback__)).rstrip()
    if len(text.encode(errors="replace")) > _LONGEST_TRACEBACK:
        text = "…" + text.encode(errors="replace")[-_LONGEST_TRACEBACK:].decode(errors="ignore")
    return _Told(outcome, seconds, message or type(exception).__name__, text, cause)


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


def _wrong_result(value: Any, service: str, expected: str) -> ResultError:
    try:
        shown = repr(value)
    except Exception:
        shown = f"a {type(value).__name__}"
    if len(shown) > 200:
        shown = shown[:200] + "…"
    return ResultError(f"the function of the service `{service}` yielded {shown}: {expected}")
