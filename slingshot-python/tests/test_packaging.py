"""What is installed beside the code."""

from __future__ import annotations

import pathlib
import subprocess
import sys
import tarfile
from importlib import metadata

import pytest

REPOSITORY = pathlib.Path(__file__).parents[2]


@pytest.mark.brief
def test_the_wheel_has_its_licences() -> None:
    installed = metadata.distribution("slingshot-microservice")
    assert installed.metadata["License-Expression"] == "MIT OR Apache-2.0"
    named = installed.metadata.get_all("License-File")
    assert sorted(named or []) == ["LICENSE-APACHE", "LICENSE-MIT"]
    for name in named or []:
        files = [file for file in installed.files or [] if file.match(f"*.dist-info/licenses/{name}")]
        assert len(files) == 1, installed.files
        # A wheel cannot take a file from outside of its package, which has copies.
        assert files[0].read_text() == (REPOSITORY / name).read_text()


def test_the_source_distribution_has_its_licences(tmp_path: pathlib.Path) -> None:
    maturin = pathlib.Path(sys.executable).with_name("maturin")
    command = [str(maturin), "sdist", "--out", str(tmp_path)]
    packing = subprocess.run(command, cwd=REPOSITORY / "slingshot-python", capture_output=True, text=True)
    assert packing.returncode == 0, packing.stderr
    [archive] = tmp_path.glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        for name in ("LICENSE-APACHE", "LICENSE-MIT"):
            # Beside PKG-INFO, which names them.
            member = packed.extractfile(f"{archive.name[: -len('.tar.gz')]}/{name}")
            assert member is not None and member.read().decode() == (REPOSITORY / name).read_text()
