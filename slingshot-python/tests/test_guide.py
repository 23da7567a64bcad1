"""The examples of the guide."""

from __future__ import annotations

import json
import pathlib
import re
import subprocess
import sys

GUIDE = pathlib.Path(__file__).parents[2] / "docs/guide/python.md"


def test_the_guide_s_examples_do_what_it_says(tmp_path: pathlib.Path) -> None:
    service, decorated, tests = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    (tmp_path / "app.py").write_text(service)
    (tmp_path / "decorated.py").write_text(decorated)
    (tmp_path / "test_app.py").write_text(tests)

    def run(*command: str) -> str:
        ran = subprocess.run([sys.executable, *command], cwd=tmp_path, capture_output=True, text=True)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    [described] = json.loads(run("app.py", "--describe"))["services"]
    assert (described["name"], described["cases"], described["replicas"]) == ("sniff", ["text", "other"], 4)
    [described] = json.loads(run("-m", "slingshot_microservice", "describe", "decorated.py"))["services"]
    assert (described["name"], described["source"]["line"]) == ("fetch", 5)
    assert "1 passed" in run("-m", "pytest", "-q", "-p", "no:cacheprovider", "test_app.py")


def test_the_guide_names_every_option() -> None:
    import inspect

    from slingshot_microservice import Microservice

    options = set(inspect.signature(Microservice).parameters) - {"name", "sys_map", "functions", "process", "startup"}
    text = GUIDE.read_text()
    assert [option for option in sorted(options) if f"`{option}=" not in text and f" `{option}=" not in text] == []
