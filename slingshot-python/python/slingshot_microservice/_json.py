"""JSON and values of annotated types: what a handler takes, and what it sends and returns."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import json
import uuid
from typing import TYPE_CHECKING, Any, Literal, NoReturn, Union, get_args, get_origin

from . import _kinds
from .errors import DataError

if TYPE_CHECKING:
    from ._native import Payload

class _Misfit(Exception):
    """What does not fit, and where."""

    def __init__(self, place: str, why: str) -> None:
        super().__init__(f"`{place}`: {why}" if place else why)


def written(value: Any) -> str:
    """The JSON of a value: also of dataclasses, enums, dates, UUIDs, decimals and sets."""
    try:
        return json.dumps(value, default=_plain, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        raise DataError(f"{_kinds.named(type(value))} has no JSON: {error}") from None


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, (uuid.UUID, decimal.Decimal)):
        return str(value)
    if isinstance(value, (set, frozenset)):
        return list(value)
    raise TypeError(f"{_kinds.named(type(value))} is nothing that JSON knows")


def value(payload: Payload) -> Any:
    """What the JSON says."""
    return of_payload(payload, Any)


def of_payload(payload: Payload, kind: Any) -> Any:
    """The value of this type. A text is taken as the JSON that it holds, unless the type is one of texts."""
    if kind is str:
        return payload.text()
    if kind is bytes:
        return payload.bytes()
    if kind is type(payload):
        return payload
    try:
        if payload.form == "empty":
            return _read(None, kind, "")
        if payload.form != "text":
            return _read(_parsed(payload.bytes()), kind, "")
        text = payload.text()
        try:
            return _read(text, kind, "")
        except _Misfit as misfit:
            try:
                parsed = _parsed(text)
            except _Misfit:
                raise misfit from None
            return _read(parsed, kind, "")
    except _Misfit as misfit:
        raise DataError(f"the data does not fit: {misfit}") from None


def _parsed(text: Union[str, bytes]) -> Any:
    try:
        return json.loads(text, parse_constant=_no_number)
    except RecursionError:
        raise _Misfit("", "it is nested too deeply") from None
    except UnicodeDecodeError as error:
        raise _Misfit("", f"it is not UTF-8: invalid at byte {error.start}") from None
    except ValueError as error:
        raise _Misfit("", f"it is no JSON: {error}") from None


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


def _read(value: Any, kind: Any, place: str) -> Any:
    kind = _kinds.bare(kind)
    if kind is Any or kind is object:
        return value
    if kind is None or kind is type(None):
        return None if value is None else _wrong(place, "null", value)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Literal:
        return value if any(_same(value, one) for one in arguments) else _wrong(place, _alternatives(arguments), value)
    if _kinds.is_union(origin):
        return _read_union(value, arguments, place)
    base = origin or kind
    if base in _kinds.LISTS:
        item = arguments[0] if arguments else Any
        return _kinds.LISTS[base](_items(value, item, place))
    if base is tuple:
        return _read_tuple(value, arguments, place)
    if base in _kinds.OBJECTS:
        of_key, of_value = arguments or (Any, Any)
        items = _object(value, place).items()
        return {_key(key, of_key, place): _read(one, of_value, _under(place, key)) for key, one in items}
    return _read_class(value, base, place)


def _read_class(value: Any, kind: Any, place: str) -> Any:
    if kind is bool:
        return value if isinstance(value, bool) else _wrong(place, "true or false", value)
    if kind is int:
        return value if _is_number(value, int) else _wrong(place, "a whole number", value)
    if kind is float:
        return float(value) if _is_number(value, (int, float)) else _wrong(place, "a number", value)
    if kind is str:
        return value if isinstance(value, str) else _wrong(place, "a text", value)
    if kind is decimal.Decimal:
        if _is_number(value, (int, float, str)):
            return _converted(lambda text: decimal.Decimal(str(text)), value, "a number", place)
        return _wrong(place, "a number", value)
    if kind in _kinds.OF_TEXT:
        convert, what = _kinds.OF_TEXT[kind]
        return _converted(convert, value, what, place) if isinstance(value, str) else _wrong(place, what, value)
    if issubclass(kind, enum.Enum):
        members = (member for member in kind if _same(member.value, value))
        found = next(members, None)
        return found if found is not None else _wrong(place, _alternatives([it.value for it in kind]), value)
    fields = _kinds.fields(kind)
    given = _object(value, place)
    for name, (_, required) in fields.items():
        if required and name not in given:
            raise _Misfit(_under(place, name), "it is missing")
    found = {name: _read(given[name], of, _under(place, name)) for name, (of, _) in fields.items() if name in given}
    if not dataclasses.is_dataclass(kind):
        return found
    make: Any = kind
    try:
        return make(**found)
    except (ValueError, TypeError) as error:
        # What `__post_init__` refuses.
        raise _Misfit(place, str(error)) from None


def _items(value: Any, item: Any, place: str) -> list[Any]:
    if not isinstance(value, list):
        _wrong(place, "a list", value)
    return [_read(one, item, f"{place}[{number}]") for number, one in enumerate(value)]


def _read_tuple(value: Any, arguments: tuple[Any, ...], place: str) -> tuple[Any, ...]:
    if not arguments or arguments[-1] is Ellipsis:
        return tuple(_items(value, arguments[0] if arguments else Any, place))
    items = _items(value, Any, place)
    if len(items) != len(arguments):
        raise _Misfit(place, f"expected a list of {len(arguments)}, and not of {len(items)}")
    return tuple(_read(one, of, f"{place}[{number}]") for number, (one, of) in enumerate(zip(items, arguments)))


def _read_union(value: Any, arguments: tuple[Any, ...], place: str) -> Any:
    others = [one for one in arguments if one is not type(None)]
    if value is None and len(others) < len(arguments):
        return None
    misfits: list[str] = []
    for one in others:
        try:
            return _read(value, one, place)
        except _Misfit as misfit:
            misfits.append(str(misfit))
    raise _Misfit("", "; or ".join(misfits))


def _key(key: str, kind: Any, place: str) -> Any:
    # JSON's keys are texts.
    if _kinds.bare(kind) is int:
        return _converted(int, key, "a whole number as a key", _under(place, key))
    return _read(key, kind, _under(place, key))


def _object(value: Any, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        _wrong(place, "an object", value)
    found: dict[str, Any] = value
    return found


def _is_number(value: Any, kinds: Any) -> bool:
    return isinstance(value, kinds) and not isinstance(value, bool)


def _same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)


def _converted(convert: Any, value: Any, what: str, place: str) -> Any:
    try:
        return convert(value)
    except (ValueError, ArithmeticError):
        return _wrong(place, what, value)


def _wrong(place: str, expected: str, value: Any) -> NoReturn:
    shown = json.dumps(value, ensure_ascii=False) if not isinstance(value, (dict, list)) else ""
    if not 0 < len(shown) <= 60:
        shown = "an object" if isinstance(value, dict) else "a list" if isinstance(value, list) else "that text"
    raise _Misfit(place, f"expected {expected}, and not {shown}")


def _alternatives(values: Any) -> str:
    return " or ".join(json.dumps(value, default=str, ensure_ascii=False) for value in values)


def _under(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name
