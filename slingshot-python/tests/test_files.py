"""Objects as files."""

from __future__ import annotations

import gzip
import importlib
import io
import json
import zipfile

import pytest
from conftest import Stage

MEGABYTE = 1 << 20


def test_large_objects_are_streamed_through_bounded_memory(stage: Stage) -> None:
    stage.service("copy", {"before": "before", "after": "after"}, ("in", "out"))
    size = 160
    block = bytes(range(256)) * (MEGABYTE // 256)
    stage.put("in", 7, block * size)
    script = stage.start(
        """
        import shutil
        from slingshot_microservice import Microservice

        def peak():
            # In kilobytes, of this process: what `resource` tells begins with the parent's.
            with open("/proc/self/status") as status:
                return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))

        def process(request, read_file, write_file):
            yield peak(), "before"
            with read_file("in", request) as reader, write_file("out", request) as writer:
                shutil.copyfileobj(reader, writer, 1 << 20)
            yield peak(), "after"

        Microservice("copy", None, process).start()
        """
    )
    stage.send("copy", 7)
    [before], [after] = stage.take("before", 1), stage.take("after", 1)
    assert after - before < 48 * 1024, (before, after)
    copied = stage.s3.get_object(Bucket=f"out-{stage.mark}", Key="7")["Body"]
    for _ in range(size):
        assert copied.read(MEGABYTE) == block
    assert copied.read() == b""
    assert script.end() == 0


def test_what_takes_a_file_takes_an_object(stage: Stage) -> None:
    stage.service("formats", {True: "done"}, ("in", "out"))
    stage.put("in", 1, json.dumps({"name": "Ada"}).encode())
    stage.put("in", 2, gzip.compress(b"compressed " * 1000))
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as writing:
        writing.writestr("a.txt", "in an archive")
        writing.writestr("b.bin", b"\x00" * 3_000_000)
    stage.put("in", 3, archive.getvalue())
    stage.put("in", 4, b"one\ntwo\nthree")
    stage.put("in", 5, b"")
    stage.put("in", 6, bytes(range(256)) * 8192)
    script = stage.start(
        """
        import gzip, io, json, shutil, zipfile
        from slingshot_microservice import Microservice

        def process(request, read_file, write_file):
            if request == 1:
                assert json.load(read_file("in", 1)) == {"name": "Ada"}
            if request == 2:
                assert gzip.open(read_file("in", 2)).read() == b"compressed " * 1000
                with gzip.open(write_file("out", 2), "wb") as writer:
                    writer.write(b"again")
            if request == 3:
                with zipfile.ZipFile(read_file("in", 3)) as archive:
                    assert archive.read("a.txt") == b"in an archive"
                with zipfile.ZipFile(write_file("out", 3), "w") as archive:
                    archive.writestr("c.txt", "unseekable")
                with zipfile.ZipFile(write_file("out", 33).spooled(), "w") as archive:
                    archive.writestr("d.txt", "seekable")
            if request == 4:
                with read_file("in", 4) as lines:
                    assert list(lines) == [b"one\\n", b"two\\n", b"three"]
                assert lines.closed
                text = io.TextIOWrapper(read_file("in", 4))
                assert text.readline() == "one\\n"
                writer = io.TextIOWrapper(write_file("out", 4))
                writer.write("from a text")
            if request == 5:
                assert read_file("in", 5).read() == b""
                writer = write_file("out", 5)
                for part in ("é", b"b", bytearray(b"c"), memoryview(b"d")):
                    writer.write(part)
                assert writer.tell() == 5 and writer.writable() and not writer.seekable()
            if request == 6:
                content = bytes(range(256)) * 8192
                reader = read_file("in", 6)
                assert reader.read(1_000_000) == content[:1_000_000]
                assert reader.seek(0, io.SEEK_END) == len(content)
                assert reader.seek(10) == 10 and reader.read(3) == content[10:13] and reader.tell() == 13
                assert reader.read() == content[13:]
                buffer = bytearray(5)
                reader.seek(0)
                assert reader.readinto(buffer) == 5 and buffer == content[:5]
            yield request, True

        Microservice("formats", None, process, retry={"max": 1}).start()
        """
    )
    stage.send("formats", *range(1, 7))
    assert sorted(stage.take("done", 6)) == [1, 2, 3, 4, 5, 6], script.log
    assert gzip.decompress(stage.get("out", 2)) == b"again"
    assert zipfile.ZipFile(io.BytesIO(stage.get("out", 3))).read("c.txt") == b"unseekable"
    assert zipfile.ZipFile(io.BytesIO(stage.get("out", 33))).read("d.txt") == b"seekable"
    assert stage.get("out", 4) == b"from a text"
    assert stage.get("out", 5) == "ébcd".encode()
    assert script.end() == 0


def test_images_and_tables_are_read_from_objects_and_written_to_them(stage: Stage) -> None:
    pandas = importlib.import_module("pandas")
    image = importlib.import_module("PIL.Image")
    importlib.import_module("pyarrow")
    stage.service("formats", {True: "done"}, ("in", "out"))
    written = io.BytesIO()
    image.new("RGB", (40, 30), "red").save(written, "PNG")
    stage.put("in", 1, written.getvalue())
    written = io.BytesIO()
    pandas.DataFrame({"a": range(1000)}).to_parquet(written)
    stage.put("in", 2, written.getvalue())
    script = stage.start(
        """
        import pandas, PIL.Image
        from slingshot_microservice import Microservice

        def process(request, read_file, write_file):
            if request == 1:
                image = PIL.Image.open(read_file("in", 1))
                image.resize((4, 3)).save(write_file("out", 1), "PNG")
                image.save(write_file("out", 11).spooled(), "TIFF")
            else:
                table = pandas.read_parquet(read_file("in", 2))
                (table * 2).to_parquet(write_file("out", 2))
            yield request, True

        Microservice("formats", None, process, retry={"max": 1}).start()
        """
    )
    stage.send("formats", 1, 2)
    assert sorted(stage.take("done", 2)) == [1, 2], script.log
    assert image.open(io.BytesIO(stage.get("out", 1))).size == (4, 3)
    assert image.open(io.BytesIO(stage.get("out", 11))).size == (40, 30)
    assert pandas.read_parquet(io.BytesIO(stage.get("out", 2)))["a"].sum() == 999_000
    assert script.end() == 0


def test_a_missing_object_is_an_exception_of_its_own(stage: Stage) -> None:
    stage.service("missing", {True: "done"}, ("in", "out"))
    script = stage.start(
        """
        from slingshot_microservice import Microservice, ObjectError, ObjectMissing

        kept = []

        def process(request, read_file, write_file):
            if request == 1:
                try:
                    read_file("in", 1)
                except FileNotFoundError as error:
                    assert isinstance(error, ObjectMissing) and isinstance(error, ObjectError)
                    yield request, True
            if request == 2:
                yield len(read_file("in", 2).read()), True
            if request == 3:
                write_file("out", 3).write("of a failure")
                kept.append(write_file)
                raise ValueError("no")
            if request == 4:
                try:
                    kept[0]("out", 4)
                except ValueError as error:
                    assert "settled" in str(error), error
                    yield request, True

        Microservice("missing", None, process, retry={"max": 1}).start()
        """
    )
    stage.send("missing", 1, 2, 3, 4)
    assert sorted(stage.take("done", 2)) == [1, 4], script.log
    letters = stage.dead_letters("missing", 2)
    messages = {int(body): properties.headers["x-slingshot-error-message"] for properties, body in letters}
    assert messages == {
        2: f"slingshot_microservice.errors.ObjectMissing: there is no object `2` in the bucket `in-{stage.mark}`",
        3: "ValueError: no",
    }
    with pytest.raises(stage.s3.exceptions.NoSuchKey):
        stage.get("out", 3)
    assert script.end() == 0
