"""Functions become production services over RabbitMQ, S3 and PostgreSQL, and handlers of HTTP requests.

>>> from slingshot_microservice import Microservice
>>> def process(request, read_file, write_file):
...     text = read_file("in", request).read()
...     write_file("out", request).write(text.upper())
...     yield request, bool(text)
>>> service = Microservice("shout", "sys-map.example.com", process)

``service.start()`` runs it.
"""

from ._bus import AsyncBus, AsyncQueues, AsyncSubscription, Broadcast, Bus, Missed, Queues, Source, Subscription
from ._handler import Reply, RequestHead, handler
from ._native import Delivery, Payload
from ._run import run
from ._service import Microservice, Retry, microservice
from ._state import SharedState
from .errors import (
    CallError,
    DataError,
    ObjectError,
    ObjectMissing,
    PermanentError,
    Refusal,
    ResultError,
    RetryAfter,
    SendError,
    ServiceError,
    Skip,
    SlingshotError,
    StateError,
)

__all__ = [
    "AsyncBus",
    "AsyncQueues",
    "AsyncSubscription",
    "Broadcast",
    "Bus",
    "CallError",
    "DataError",
    "Delivery",
    "Microservice",
    "Missed",
    "ObjectError",
    "ObjectMissing",
    "Payload",
    "PermanentError",
    "Queues",
    "Refusal",
    "Reply",
    "RequestHead",
    "ResultError",
    "Retry",
    "RetryAfter",
    "SendError",
    "ServiceError",
    "SharedState",
    "Skip",
    "SlingshotError",
    "Source",
    "StateError",
    "Subscription",
    "handler",
    "microservice",
    "run",
]
