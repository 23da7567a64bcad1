"""The examples of the guide."""

from __future__ import annotations

import json
import pathlib
import re
import subprocess
import sys

from conftest import Stage
from test_serving import ask, serve

GUIDE = pathlib.Path(__file__).parents[2] / "docs/guide/python.md"


def test_the_guide_s_examples_do_what_it_says(tmp_path: pathlib.Path) -> None:
    service, decorated, handlers, tests, handler_tests = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    (tmp_path / "app.py").write_text(service)
    (tmp_path / "decorated.py").write_text(decorated)
    (tmp_path / "test_app.py").write_text(tests)
    (tmp_path / "handlers.py").write_text(handlers)
    (tmp_path / "test_handlers.py").write_text(handler_tests)

    def run(*command: str) -> str:
        ran = subprocess.run([sys.executable, *command], cwd=tmp_path, capture_output=True, text=True)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    [described] = json.loads(run("app.py", "--describe"))["services"]
    assert (described["name"], described["cases"], described["replicas"]) == ("sniff", ["text", "other"], 4)
    [described] = json.loads(run("-m", "slingshot_microservice", "describe", "decorated.py"))["services"]
    assert (described["name"], described["source"]["line"]) == ("fetch", 5)
    assert "1 passed" in run("-m", "pytest", "-q", "-p", "no:cacheprovider", "test_app.py")
    described = json.loads(run("handlers.py", "--describe"))["handlers"]
    assert [handler["name"] for handler in described] == ["audit", "greet", "order", "titles"]
    assert (described[1]["replicas"], described[2]["timeout"]) == (5, "5s")
    assert "2 passed" in run("-m", "pytest", "-q", "-p", "no:cacheprovider", "test_handlers.py")


def test_the_guide_s_handlers_answer_what_it_says(stage: Stage) -> None:
    _, _, handlers, _, _ = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    script = serve(stage, handlers)
    asked = re.findall(r"curl -d '(.*?)' http://127.0.0.1:8080/(\w+)", GUIDE.read_text())
    answers = re.findall(r'`(\{"status":"ok".*?\})`', GUIDE.read_text())
    assert len(asked) == len(answers) == 2
    for (data, name), answer in zip(asked, answers):
        assert ask(script, name, data.encode())[:2] == (200, json.loads(answer)["message"])


def test_the_guide_names_every_option() -> None:
    import inspect

    from slingshot_microservice import Microservice
    from slingshot_microservice._handler import Handler

    options = set(inspect.signature(Microservice).parameters) - {"name", "sys_map", "functions", "process", "startup"}
    options |= set(inspect.signature(Handler).parameters) - {"function"}
    text = GUIDE.read_text()
    assert [option for option in sorted(options) if f"`{option}=" not in text and f" `{option}=" not in text] == []
