"""Functions become production services over RabbitMQ, S3 and PostgreSQL.

>>> from slingshot_microservice import Microservice
>>> def process(request, read_file, write_file):
...     text = read_file("in", request).read()
...     write_file("out", request).write(text.upper())
...     yield request, bool(text)
>>> service = Microservice("shout", "sys-map.example.com", process)

``service.start()`` runs it.
"""

from ._native import Delivery
from ._run import run
from ._service import Microservice, Retry, microservice
from .errors import (
    ObjectError,
    ObjectMissing,
    PermanentError,
    ResultError,
    RetryAfter,
    ServiceError,
    Skip,
    SlingshotError,
)

__all__ = [
    "Delivery",
    "Microservice",
    "ObjectError",
    "ObjectMissing",
    "PermanentError",
    "ResultError",
    "Retry",
    "RetryAfter",
    "ServiceError",
    "Skip",
    "SlingshotError",
    "microservice",
    "run",
]
