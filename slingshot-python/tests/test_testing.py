"""The helper for tests of services."""

from __future__ import annotations

import doctest
import os
from typing import Any, Iterator, Tuple

import pytest
import slingshot_microservice
import slingshot_microservice.testing
from slingshot_microservice import (
    AsyncBus,
    AsyncQueues,
    Bus,
    Delivery,
    ObjectMissing,
    ResultError,
    SendError,
    ServiceError,
    SharedState,
    handler,
)
from slingshot_microservice.testing import Buckets, Handlers, rehearse, transaction


def test_the_examples_of_the_documentation_hold() -> None:
    for module in (slingshot_microservice, slingshot_microservice.testing):
        result = doctest.testmod(module)
        assert result.attempted > 0 and result.failed == 0


def test_a_function_is_called_as_a_service_would_call_it() -> None:
    def process(request: int, read_file: Any, write_file: Any, delivery: Delivery) -> Iterator[Tuple[int, Any]]:
        with read_file("in", request) as reader:
            content = reader.read()
            assert reader.seek(0) == 0 and reader.read() == content
        with write_file("out", request).spooled() as spool:
            spool.write(b"...")
            spool.seek(0)
            spool.write(content[:3])
        write_file("out", 8).spooled().write(b"closed by the service")
        yield delivery.attempt, True

    buckets = Buckets({"in": {7: "abc"}})
    delivery = Delivery(attempt=3)
    assert rehearse(process, 7, buckets=buckets, delivery=delivery) == [(3, True)]
    assert buckets.get("out", 7) == b"abc"
    assert buckets.get("out", 8) == b"closed by the service"
    with pytest.raises(ObjectMissing, match="there is no object 8 in the bucket behind `in`"):
        rehearse(process, 8, buckets=buckets)
    with pytest.raises(ResultError):
        rehearse(lambda request: 1.5)


def test_async_functions_are_waited_for() -> None:
    async def process(request: int) -> Tuple[int, str]:
        return request, "done"

    async def generate(request: int) -> Any:
        yield request, "done"

    assert rehearse(process, 7) == rehearse(generate, 7) == [(7, "done")]


def test_a_transaction_is_rolled_back() -> None:
    url = os.environ["SLINGSHOT_TEST_DATABASE_URL"]

    def process(request: int, connection: Any) -> Tuple[int, bool]:
        connection.exec_driver_sql("CREATE TABLE of_a_rehearsal (id bigint)")
        connection.commit()
        return request, True

    with transaction(url) as connection:
        assert rehearse(process, 7, connection=connection) == [(7, True)]
        exists = connection.exec_driver_sql("SELECT to_regclass('of_a_rehearsal') IS NOT NULL").scalar()
        assert exists is True
    with transaction(url) as connection:
        assert connection.exec_driver_sql("SELECT to_regclass('of_a_rehearsal')").scalar() is None
    with pytest.raises(slingshot_microservice.ServiceError, match="takes a `connection`"):
        rehearse(process, 7)


@handler
def labels(id: int) -> str:
    return f"no-{id}"


def test_a_service_s_function_calls_handlers_and_has_their_state() -> None:
    def pack(request: int, line: Bus, values: SharedState) -> Iterator[Tuple[int, str]]:
        values.insert("packed", request)
        yield request, line.publish("labels", request).text()

    async def ship(request: int, line: AsyncBus, work: AsyncQueues) -> Tuple[int, str]:
        with pytest.raises(SendError):
            await work.send("sniff", request)
        return request, (await line.publish("labels", request)).text()

    handlers = Handlers(labels)
    assert rehearse(pack, 7, handlers=handlers) == [(7, "no-7")]
    assert handlers.state.get("packed", int) == 7
    assert rehearse(ship, 8) == [(8, "no-8")]

    def blocks(request: int, line: AsyncBus) -> None: ...

    async def waits(request: int, line: Bus) -> None: ...

    with pytest.raises(ServiceError, match="it is not `async`, and takes `Bus`"):
        rehearse(blocks)
    with pytest.raises(ServiceError, match="an `async` function takes `AsyncBus`"):
        rehearse(waits)
