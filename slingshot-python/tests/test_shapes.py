"""Functions in the shapes that decorators, classes and ``functools`` give them: nothing here connects to anything."""

from __future__ import annotations

import asyncio
import enum
import functools
import re
import sys
from types import SimpleNamespace
from typing import Any, AsyncIterator, Callable, Iterator, Tuple

import pytest
from slingshot_microservice import (
    AsyncBus,
    Microservice,
    ObjectMissing,
    PermanentError,
    ResultError,
    ServiceError,
    _service,
    errors,
    handler,
    microservice,
)
from slingshot_microservice._plan import cases, source
from slingshot_microservice.testing import Handlers, rehearse
from slingshot_microservice.typing import ReadFileFn


class Kind(enum.Enum):
    TEXT = "text"


async def returns(extra: str, request: int) -> Tuple[int, str]:
    await asyncio.sleep(0)
    return request, extra


async def yields(extra: str, request: int) -> AsyncIterator[Tuple[int, str]]:
    await asyncio.sleep(0)
    yield request, extra


def with_its_own_loop(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def run(*arguments: Any, **keywords: Any) -> Any:
        return asyncio.run(function(*arguments, **keywords))

    return run


def awaiting(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    async def wait(*arguments: Any, **keywords: Any) -> Any:
        return await function(*arguments, **keywords)

    return wait


class Called:
    async def __call__(self, request: int) -> Tuple[int, str]:
        return request, "done"

    async def method(self, request: int) -> Tuple[int, str]:
        return request, "done"


@pytest.mark.brief
@pytest.mark.parametrize(
    "function",
    [
        functools.partial(returns, "done"),
        functools.partial(yields, extra="done"),
        functools.partial(functools.partial(awaiting(returns)), "done"),
        functools.partial(with_its_own_loop(returns), "done"),
        with_its_own_loop(functools.partial(returns, "done")),
        awaiting(functools.partial(returns, "done")),
        Called(),
        Called().method,
        functools.partial(Called()),
    ],
)
def test_a_function_is_async_under_whatever_is_around_it(function: Any) -> None:
    assert rehearse(function, 7) == [(7, "done")]


@pytest.mark.brief
def test_a_handler_may_have_any_of_these_shapes() -> None:
    class Titles:
        def __call__(self, name: str) -> str:
            return f"dear {name}"

        async def greet(self, name: str, bus: AsyncBus) -> str:
            return "Hello, " + (await bus.publish("titles-of-a-class", name)).text()

    async def closes(words: str, name: str) -> str:
        return f"{words}, {name}"

    titles = Titles()
    handlers = Handlers(
        handler(name="titles-of-a-class")(titles),
        handler(name="greet-of-a-class")(titles.greet),
        handler(name="closes-in-part")(functools.partial(closes, "Yours")),
    )
    assert handlers.call("greet-of-a-class", "Ada").text() == "Hello, dear Ada"
    assert handlers.call("closes-in-part", "Ada").text() == "Yours, Ada"


def test_what_exits_ends_one_call_and_not_the_event_loop() -> None:
    async def exits(request: int) -> Tuple[int, bool]:
        if request == 0:
            sys.exit(3)
        if request == 1:
            raise KeyboardInterrupt
        return request, True

    with pytest.raises(SystemExit):
        rehearse(exits, 0)
    with pytest.raises(KeyboardInterrupt):
        rehearse(exits, 1)
    assert rehearse(exits, 2) == [(2, True)]


def test_a_partial_function_is_described_as_what_it_is() -> None:
    def process(extra: str, request: int) -> Iterator[Tuple[int, Kind]]:
        yield request, Kind.TEXT

    assert cases(functools.partial(process, "extra")) == ["text"]
    assert source(functools.partial(process, "extra")) == source(process)
    with pytest.raises(ServiceError, match="has no name to call a service by"):
        microservice()(functools.partial(process, "extra"))


def test_a_comparison_of_numpy_s_is_a_bool() -> None:
    import numpy

    def process(request: int) -> Any:
        yield numpy.uint64(request), numpy.float64(2) > 1
        yield request, numpy.int8(-3)
        yield request, numpy.str_("text")

    assert rehearse(process, 7) == [(7, True), (7, -3), (7, "text")]


def test_half_of_a_surrogate_pair_is_no_case() -> None:
    with pytest.raises(ResultError, match=r"yielded \(7, '\\udcff'\): a case is a bool"):
        rehearse(lambda request: (request, b"\xff".decode(errors="surrogateescape")), 7)


def test_a_script_that_is_imported_by_what_it_imports_has_its_services_once(monkeypatch: pytest.MonkeyPatch) -> None:
    registered: list[Microservice] = []
    monkeypatch.setattr(_service, "_registered", registered)
    text = "def process(request):\n    return request, True\n"
    copies = []
    for module in ("app", "__main__", "app"):
        scope: dict[str, Any] = {"__name__": module}
        exec(compile(text, "app.py", "exec"), scope)
        copies.append(microservice("sniff")(scope["process"]))
    assert [service.process for service in registered] == [copies[1]]
    with pytest.raises(ServiceError, match="there are two services called `sniff`"):
        microservice("sniff")(lambda request: (request, True))


def test_a_process_that_multiprocessing_spawns_starts_no_service(monkeypatch: pytest.MonkeyPatch) -> None:
    import multiprocessing.process

    monkeypatch.setattr(multiprocessing.process, "current_process", lambda: SimpleNamespace(_inheriting=True))
    Microservice("sniff", None, lambda request: (request, True)).start()


def test_a_traceback_shows_the_function_and_not_what_is_around_it() -> None:
    async def process(request: int, read_file: ReadFileFn) -> None:
        try:
            read_file("in", request)
        except ObjectMissing as error:
            raise PermanentError("no text: \udcff") from error

    with pytest.raises(PermanentError) as raised:
        rehearse(process, 7)
    told = errors._tell(raised.value)
    assert (told.outcome, told.message) == ("permanent", "no text: \\udcff")
    frames = re.findall(r'File "(.+)", line \d+, in (\w+)', told.traceback)
    here = "test_a_traceback_shows_the_function_and_not_what_is_around_it"
    assert frames == [(__file__, "process"), (__file__, here), (__file__, "process")]
