"""What is installed beside the code."""

from __future__ import annotations

import pathlib
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
