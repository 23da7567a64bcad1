"""A message's objects as Python's files."""

from __future__ import annotations

import io
import shutil
import tempfile
from typing import TYPE_CHECKING, IO, Any, Callable, Optional, Protocol, Union

if TYPE_CHECKING:
    from typing_extensions import Buffer

#: How much a reader has ahead. The native half hands over no more at once than 1 MiB.
_BUFFER = 256 * 1024

#: What a spooled file keeps in memory before it goes to the disk.
_IN_MEMORY = 1024 * 1024


class _Blocks(Protocol):
    """An object that is being read."""

    def read(self, size: int, /) -> bytes: ...


class _Sink(Protocol):
    """An object that is being written."""

    def write(self, block: bytes, /) -> None: ...


class _Files(Protocol):
    """Where a message's objects are opened: ``_native.Files``, or a test's buckets."""

    def read(self, key: str, id: int) -> _Blocks: ...

    def write(self, key: str, id: int) -> _Sink: ...

    def close_later(self, file: Any) -> None: ...


class _RawObject(io.RawIOBase):
    """An object's bytes as they arrive. The first ``seek`` to elsewhere copies the object to a local file."""

    def __init__(self, open_again: Callable[[], _Blocks], name: str) -> None:
        super().__init__()
        self._open_again = open_again
        self._blocks: Optional[_Blocks] = open_again()
        self._position = 0
        self._spool: Optional[IO[bytes]] = None
        self.name = name

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        view = memoryview(buffer).cast("B")
        block = self._read(len(view))
        view[: len(block)] = block
        return len(block)

    def readall(self) -> bytes:
        blocks = []
        while block := self._read(1 << 20):
            blocks.append(block)
        return b"".join(blocks)

    def _read(self, size: int) -> bytes:
        if self._spool is not None:
            return self._spool.read(size)
        if self._blocks is None:
            raise ValueError("I/O operation on closed file.")
        block = self._blocks.read(size)
        self._position += len(block)
        return block

    def tell(self) -> int:
        return self._position if self._spool is None else self._spool.tell()

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if self._spool is None:
            here = (whence == io.SEEK_SET and offset == self._position) or (whence == io.SEEK_CUR and offset == 0)
            if here:
                return self._position
            self._spool = self._spooled()
        return self._spool.seek(offset, whence)

    def _spooled(self) -> IO[bytes]:
        blocks = self._blocks
        if blocks is None:
            raise ValueError("I/O operation on closed file.")
        if self._position > 0:
            # What was read is gone: the object is read once more.
            blocks = self._open_again()
        spool = tempfile.SpooledTemporaryFile(_IN_MEMORY)
        while block := blocks.read(1 << 20):
            spool.write(block)
        spool.seek(self._position)
        self._blocks = None
        return spool

    def close(self) -> None:
        if not self.closed:
            self._blocks = None
            if self._spool is not None:
                self._spool.close()
        super().close()


class ObjectReader(io.BufferedReader):
    """An object, streamed: memory stays at a few blocks, whatever its size.

    ``seek`` works: the first one that leaves what is in memory copies the object to a local file.
    """

    def __init__(self, open_again: Callable[[], _Blocks], name: str) -> None:
        super().__init__(_RawObject(open_again, name), _BUFFER)

    def __enter__(self) -> ObjectReader:
        super().__enter__()
        return self


class ObjectWriter(io.BufferedIOBase):
    """A file that becomes an object once the function has succeeded. It need not be closed."""

    def __init__(self, files: _Files, key: str, id: int) -> None:
        super().__init__()
        self._files = files
        self._sink: Optional[_Sink] = files.write(key, id)
        self._position = 0
        self.name = f"{key}/{id}"
        self.mode = "wb"

    def writable(self) -> bool:
        return True

    def write(self, data: Union[Buffer, str]) -> int:
        """Writes all of it; a ``str`` as UTF-8."""
        if isinstance(data, str):
            block = data.encode()
        elif isinstance(data, bytes):
            block = data
        else:
            block = bytes(memoryview(data))
        if self._sink is None:
            raise ValueError("I/O operation on closed file.")
        self._sink.write(block)
        self._position += len(block)
        return len(block)

    def tell(self) -> int:
        return self._position

    def spooled(self) -> IO[bytes]:
        """A local file for what has to ``seek`` while it writes. Its content becomes the object's when it is closed,
        or when the function returns."""
        spool = _Spool(self)
        self._files.close_later(spool)
        return spool

    def close(self) -> None:
        self._sink = None
        super().close()

    def __enter__(self) -> ObjectWriter:
        super().__enter__()
        return self


class _Spool(tempfile.SpooledTemporaryFile):  # type: ignore[type-arg]
    """Copies itself into an object when it is closed."""

    def __init__(self, writer: ObjectWriter) -> None:
        super().__init__(_IN_MEMORY)
        self._writer: Optional[ObjectWriter] = writer

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def close(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            self.seek(0)
            shutil.copyfileobj(self, writer, 1 << 20)
            writer.close()
        super().close()

    def __exit__(self, *exception: Any) -> None:
        self.close()


class ReadFile:
    """What a function takes as ``read_file``."""

    __slots__ = ("_files",)

    def __init__(self, files: _Files) -> None:
        self._files = files

    def __call__(self, key: str, id: int) -> ObjectReader:
        """Opens the object ``id`` of a key's bucket for reading."""
        files = self._files
        return ObjectReader(lambda: files.read(key, id), f"{key}/{id}")


class WriteFile:
    """What a function takes as ``write_file``."""

    __slots__ = ("_files",)

    def __init__(self, files: _Files) -> None:
        self._files = files

    def __call__(self, key: str, id: int) -> ObjectWriter:
        """Opens a file that becomes the object ``id`` of a key's bucket. Of two, the one opened last counts."""
        return ObjectWriter(self._files, key, id)
