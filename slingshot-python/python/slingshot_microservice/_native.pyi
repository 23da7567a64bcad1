"""What of the package is Rust."""

from typing import Any, Optional, Union

class Cause:
    """An error of the runtime's."""

class Delivery:
    """What the broker says of a message beside the id that it carries."""

    message_id: Optional[str]
    attempt: int
    redelivered: bool
    headers: dict[str, Union[bool, int, float, str]]

    def __init__(
        self,
        message_id: Optional[str] = None,
        attempt: int = 1,
        redelivered: bool = False,
        headers: Optional[dict[str, Any]] = None,
    ) -> None: ...

class Reader:
    def read(self, size: int) -> bytes: ...

class Writer:
    def write(self, bytes: bytes) -> None: ...

class Files:
    def read(self, key: str, id: int) -> Reader: ...
    def write(self, key: str, id: int) -> Writer: ...
    def close_later(self, file: Any) -> None: ...

def run(specs: list[Any], lifeline: Optional[tuple[str, str]] = None) -> int: ...
def describe(specs: list[Any]) -> str: ...
def seconds(text: str) -> float: ...
def collect(result: Any, service: str) -> list[tuple[int, Union[bool, int, str]]]: ...
def start_log() -> None: ...
def log(level: str, service: str, message: str) -> None: ...
