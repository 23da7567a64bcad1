"""The types that JSON is read as."""

from __future__ import annotations

import collections.abc
import dataclasses
import datetime
import decimal
import enum
import functools
import types
import typing
import uuid
from typing import Any, Literal, Optional, Union, get_args, get_origin

from .errors import ServiceError

def _without_z(text: str) -> str:
    # Python 3.11 is the first to read it.
    return text[:-1] + "+00:00" if text.endswith(("Z", "z")) else text


#: What texts are read as, and written.
OF_TEXT: dict[Any, tuple[Any, str]] = {
    datetime.datetime: (lambda text: datetime.datetime.fromisoformat(_without_z(text)), "a date with a time"),
    datetime.date: (datetime.date.fromisoformat, "a date"),
    datetime.time: (datetime.time.fromisoformat, "a time"),
    uuid.UUID: (uuid.UUID, "a UUID"),
}

LISTS = {
    list: list,
    collections.abc.Sequence: list,
    collections.abc.Iterable: list,
    collections.abc.Collection: list,
    set: set,
    collections.abc.Set: set,
    frozenset: frozenset,
}

OBJECTS = (dict, collections.abc.Mapping, collections.abc.MutableMapping)


def is_union(origin: Any) -> bool:
    return origin is Union or origin is getattr(types, "UnionType", Union)


def bare(kind: Any) -> Any:
    """Without what only type checkers look at."""
    while True:
        if isinstance(kind, typing.NewType if isinstance(typing.NewType, type) else ()):
            kind = kind.__supertype__
        elif hasattr(kind, "__metadata__"):
            kind = kind.__origin__
        elif getattr(get_origin(kind), "_name", None) in ("Required", "NotRequired", "ReadOnly"):
            (kind,) = get_args(kind)
        else:
            return kind


@functools.lru_cache(maxsize=None)
def fields(kind: Any) -> dict[str, tuple[Any, bool]]:
    """The fields of a dataclass or a ``TypedDict``: the type of each, and whether it has to be there."""
    hints = typing.get_type_hints(kind)
    if dataclasses.is_dataclass(kind):
        missing = dataclasses.MISSING
        return {
            field.name: (hints[field.name], field.default is missing and field.default_factory is missing)
            for field in dataclasses.fields(kind)
            if field.init
        }
    required = kind.__required_keys__
    return {name: (of, name in required) for name, of in hints.items()}


def check(kind: Any, seen: Optional[set[Any]] = None) -> None:
    """Raises ``ServiceError`` if no JSON is read as this type."""
    seen = set() if seen is None else seen
    kind = bare(kind)
    if kind in (Any, object, None, type(None), bool, int, float, str, decimal.Decimal, *OF_TEXT):
        return
    origin, arguments = get_origin(kind), get_args(kind)
    base = origin or kind
    if origin is Literal:
        return
    if is_union(origin) or base in LISTS or base is tuple or base in OBJECTS:
        for one in arguments:
            if one is not Ellipsis:
                check(one, seen)
        return
    if isinstance(base, type) and issubclass(base, enum.Enum) or base in seen:
        return
    if not dataclasses.is_dataclass(base) and not hasattr(base, "__required_keys__"):
        raise ServiceError(f"no JSON is read as {named(kind)}")
    seen.add(base)
    try:
        inner = [of for of, _ in fields(base).values()]
    except (NameError, TypeError) as error:
        raise ServiceError(f"the annotations of {named(base)} cannot be read: {error}") from None
    for one in inner:
        check(one, seen)


def named(kind: Any) -> str:
    return f"`{kind.__qualname__}`" if isinstance(kind, type) else f"`{kind}`"
