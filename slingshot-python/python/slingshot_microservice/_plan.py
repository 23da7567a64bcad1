"""How a function is called: which of its parameters takes what, and what it yields."""

from __future__ import annotations

import enum
import inspect
import os
import typing
from collections.abc import Callable
from typing import Any, NamedTuple, Optional, Union, get_args, get_origin

from . import _loop
from .errors import ServiceError

#: What a message offers, in the order in which functions of four parameters of any names take it.
OFFERS = ("request", "read_file", "write_file", "connection", "delivery")

#: What is shared with handlers. It is taken by its annotation, whatever its name is.
SHARED = {
    "Bus": "bus",
    "Queues": "queues",
    "AsyncBus": "async_bus",
    "AsyncQueues": "async_queues",
    "SharedState": "state",
}

#: A startup function has no message.
WITHOUT_MESSAGE = ("read_file", "write_file", "connection")

#: What an annotation says where a name does not.
_BY_ANNOTATION = {
    "ReadFileFn": "read_file",
    "WriteFileFn": "write_file",
    "Connection": "connection",
    "Delivery": "delivery",
    "int": "request",
}


class Plan(NamedTuple):
    """What the native half calls. Its fields are known there."""

    function: Callable[..., Any]
    positional: list[str]
    keywords: list[tuple[str, str]]

    def takes(self, what: str) -> bool:
        return what in self.positional or any(what == argument for _, argument in self.keywords)


def plan(function: Callable[..., Any], timeout: Optional[float] = None, startup: bool = False) -> Plan:
    """How to call a function, ``async`` or not."""
    name = getattr(function, "__qualname__", repr(function))
    if not callable(function):
        raise ServiceError(f"{name} cannot be called")
    offers = WITHOUT_MESSAGE if startup else OFFERS
    parameters = list(inspect.signature(function).parameters.values())
    named = [p for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    # The predecessor called its functions with four arguments, and its startup functions with three, whatever their
    # names were.
    by_place = [p.default for p in named] == [inspect.Parameter.empty] * (3 if startup else 4)
    positional: list[str] = []
    keywords: list[tuple[str, str]] = []
    complete = True
    for place, parameter in enumerate(named):
        argument = _argument(parameter, offers)
        if argument is None and not startup:
            argument = _shared(name, parameter, _loop.is_async(function))
        if argument is None and by_place:
            argument = offers[place]
        if argument is None:
            if parameter.default is inspect.Parameter.empty:
                raise ServiceError(
                    f"{name}() takes `{parameter.name}`, which is nothing that a "
                    f"{'startup function' if startup else 'message'} offers: it offers {', '.join(offers)}"
                )
            complete = False
        elif complete and parameter.kind is not inspect.Parameter.KEYWORD_ONLY:
            positional.append(argument)
        elif parameter.kind is inspect.Parameter.POSITIONAL_ONLY:
            raise ServiceError(f"{name}() takes `{parameter.name}` after a parameter of its own: take it first")
        else:
            keywords.append((parameter.name, argument))
    return Plan(_loop.blocking(function, timeout), positional, keywords)


def _argument(parameter: inspect.Parameter, offers: tuple[str, ...]) -> Optional[str]:
    if parameter.name in offers:
        return parameter.name
    if parameter.default is not inspect.Parameter.empty:
        return None
    argument = _BY_ANNOTATION.get(_written(parameter))
    return argument if argument in offers else None


def _written(parameter: inspect.Parameter) -> str:
    """The last part of its annotation."""
    annotation = parameter.annotation
    written = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", "")
    return written.strip("'\"").rsplit(".", 1)[-1]


def _shared(function: str, parameter: inspect.Parameter, is_async: bool) -> Optional[str]:
    written = _written(parameter)
    if written in ("Bus", "Queues") and is_async:
        raise ServiceError(f"{function}() takes `{parameter.name}: {written}`: an `async` function takes `Async{written}`")
    if written in ("AsyncBus", "AsyncQueues") and not is_async:
        other = written[len("Async") :]
        raise ServiceError(f"{function}() takes `{parameter.name}: {written}`: it is not `async`, and takes `{other}`")
    return SHARED.get(written) if parameter.default is inspect.Parameter.empty else None


def source(function: Callable[..., Any]) -> tuple[str, int]:
    """The file and the line of a function, the file as seen from the working directory."""
    code = getattr(_loop.called(function), "__code__", None)
    if code is None:
        return "", 1
    line = code.co_firstlineno
    try:
        lines, first = inspect.getsourcelines(code)
        # Decorators come first.
        definitions = (n for n, text in enumerate(lines) if text.lstrip().startswith(("def ", "async def ")))
        line = max(first, 1) + next(definitions, 0)
    except (OSError, TypeError):
        pass
    file = code.co_filename
    relative = os.path.relpath(file) if os.path.isabs(file) else file
    return (file if relative.startswith("..") else relative), line


def cases(function: Callable[..., Any]) -> Optional[list[Any]]:
    """The closed set of cases that a function's return annotation names, if it names one."""
    try:
        annotation = typing.get_type_hints(_loop.called(function)).get("return", inspect.Parameter.empty)
    except Exception:
        # What only a type checker can resolve says nothing here.
        return None
    if annotation is inspect.Parameter.empty:
        return None
    found = _of_result(annotation)
    return None if found is None else unique(found)


def unique(found: typing.Iterable[Any]) -> list[Any]:
    """Each once: ``1`` and ``True`` are two cases."""
    kept: dict[tuple[type, Any], Any] = {}
    for one in found:
        kept.setdefault((type(one), one), one)
    return list(kept.values())


def _of_result(annotation: Any) -> Optional[list[Any]]:
    """The cases of whatever a function returns."""
    if annotation is None or annotation is type(None):
        return []
    origin, arguments = get_origin(annotation), get_args(annotation)
    if _is_union(origin):
        return _together(_of_result(one) for one in arguments)
    if origin is tuple:
        if len(arguments) == 2 and arguments[0] is int:
            return _of_case(arguments[1])
        return _together(_of_result(one) for one in arguments if one is not Ellipsis)
    if isinstance(origin, type) and hasattr(origin, "__await__"):
        return _of_result(arguments[-1]) if arguments else None
    if isinstance(origin, type) and (hasattr(origin, "__iter__") or hasattr(origin, "__aiter__")) and arguments:
        if len(arguments) == 2 and arguments[0] is int:
            return _of_case(arguments[1])
        return _of_result(arguments[0])
    return None


def _of_case(annotation: Any) -> Optional[list[Any]]:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if _is_union(origin):
        return _together(_of_case(one) for one in arguments)
    if origin is typing.Literal:
        return list(arguments)
    if annotation is bool:
        return [False, True]
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return [member.value for member in annotation]
    return None


def _is_union(origin: Any) -> bool:
    return origin is Union or getattr(origin, "__name__", "") == "UnionType"


def _together(sets: typing.Iterable[Optional[list[Any]]]) -> Optional[list[Any]]:
    found: list[Any] = []
    for one in sets:
        if one is None:
            return None
        found.extend(one)
    return found
