"""Types for the functions of services, for editors and type checkers."""

from __future__ import annotations

import enum
from collections.abc import AsyncIterable, Awaitable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol, Union

if TYPE_CHECKING:
    from ._files import ObjectReader, ObjectWriter

__all__ = [
    "AsyncResults",
    "CaseVariable",
    "ProcessFn",
    "ReadFileFn",
    "Result",
    "Results",
    "StartupFn",
    "WriteFileFn",
    "WriteHandle",
]

CaseVariable = Union[bool, int, str, enum.Enum]
"""What routes a result."""

Result = tuple[int, CaseVariable]
"""An id, and the case that routes it."""

Results = Union[None, Result, Iterable[Result], Mapping[int, CaseVariable]]
"""What a function may return; a generator is an iterable."""

AsyncResults = Union[Awaitable[Results], AsyncIterable[Result]]
"""What an ``async def`` function is when it is called."""


class ReadFileFn(Protocol):
    """Opens the object ``id`` of a key's bucket for reading. The object is streamed."""

    def __call__(self, key: str, id: int) -> ObjectReader: ...


class WriteFileFn(Protocol):
    """Opens a file that becomes the object ``id`` of a key's bucket once the function has succeeded."""

    def __call__(self, key: str, id: int) -> ObjectWriter: ...


class WriteHandle(Protocol):
    """What a function that writes needs of a file, in the predecessor's words."""

    def write(self, data: Union[bytes, str], /) -> int: ...

    def flush(self) -> None: ...


class ProcessFn(Protocol):
    """A service's function: it takes, by name and in any order, some of ``request``, ``read_file``, ``write_file``,
    ``connection`` and ``delivery``."""

    def __call__(self, *args: Any, **kwargs: Any) -> Union[Results, AsyncResults]: ...


class StartupFn(Protocol):
    """A function that runs once before the service consumes: it takes some of ``read_file``, ``write_file`` and
    ``connection``."""

    def __call__(self, *args: Any, **kwargs: Any) -> Union[Results, AsyncResults]: ...
