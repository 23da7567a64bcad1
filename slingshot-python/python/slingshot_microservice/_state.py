"""Values that all handlers of a process share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Optional, TypeVar, overload

from . import _native
from .errors import StateError

T = TypeVar("T")


class SharedState:
    """Values by name, each of any type; an argument of a handler: ``state: SharedState``.

    Nobody waits for a lock, in ``async`` functions as in others. A value is taken as the type that one names, and of
    another it is a ``StateError``. The state is the process's own, and ends with it.
    """

    def __init__(self, _native_state: Optional[_native.State] = None) -> None:
        self._state = _native.State() if _native_state is None else _native_state

    @overload
    def get(self, name: str) -> Any: ...
    @overload
    def get(self, name: str, kind: type[T]) -> Optional[T]: ...
    def get(self, name: str, kind: Any = object) -> Any:
        """The value of this name, if there is one."""
        found = self._state.get(name)
        return None if found is None else _checked(name, found[0], kind)

    def insert(self, name: str, value: object) -> None:
        """Puts a value in the place of what is there, of whatever type that is."""
        self._state.insert(name, value)

    @overload
    def remove(self, name: str) -> Any: ...
    @overload
    def remove(self, name: str, kind: type[T]) -> Optional[T]: ...
    def remove(self, name: str, kind: Any = object) -> Any:
        """Takes a value away, and returns it if there was one. One of another type stays."""
        while True:
            found = self._state.get(name)
            if found is None:
                return None
            value = _checked(name, found[0], kind)
            if self._state.exchange(name, found, None):
                return value

    def update(self, name: str, function: Callable[[T], T], default: T) -> T:
        """Makes a new value of the old one, or of ``default`` where there is none, and returns it.

        No update is lost: where another one comes between, the function is called again with what that left. So it
        makes a new value, and leaves the old one as it is: ``state.update("seen", lambda seen: [*seen, id], [])``.
        """
        kind = object if default is None else type(default)
        while True:
            found = self._state.get(name)
            old = default if found is None else _checked(name, found[0], kind)
            new: T = _checked(name, function(old), kind)
            if self._state.exchange(name, found, (new,)):
                return new

    def get_or_insert_with(self, name: str, make: Callable[[], T], kind: Optional[type[T]] = None) -> T:
        """The value of this name; where there is none, the one that ``make`` makes. All who ask at once get the same,
        and what the others made is dropped."""
        made: Optional[tuple[Any]] = None
        while True:
            found = self._state.get(name)
            if found is None:
                made = (make(),) if made is None else made
                if not self._state.exchange(name, None, made):
                    continue
                found = made
            value: T = _checked(name, found[0], object if kind is None else kind)
            return value

    def names(self) -> list[str]:
        """The names of all values, in order."""
        return self._state.names()

    def __repr__(self) -> str:
        return f"SharedState({self.names()!r})"


def _checked(name: str, value: Any, kind: Any) -> Any:
    kind = getattr(kind, "__origin__", kind)
    # A `bool` is an `int`, and nobody means that.
    if isinstance(value, kind) and not (isinstance(value, bool) and kind in (int, float)):
        return value
    stored = type(value).__qualname__
    raise StateError(f"`{name}` in the shared state is of type `{stored}`, and was taken for `{kind.__qualname__}`")
