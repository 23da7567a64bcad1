"""Processes: workers, signals and crashes."""

from __future__ import annotations

import os
import signal
import time

from conftest import Stage, eventually

ECHO = """
from slingshot_microservice import Microservice

def process(request):
    return request, request % 2 == 0

if __name__ == "__main__":
    Microservice("echo", None, process, replicas=2).start()
"""


def test_a_message_goes_from_queue_to_queue(stage: Stage) -> None:
    stage.service("echo", {True: "even", False: "odd"})
    script = stage.start(ECHO)
    stage.send("echo", *range(20))
    assert sorted(stage.take("even", 10)) == list(range(0, 20, 2))
    assert sorted(stage.take("odd", 10)) == list(range(1, 20, 2))
    assert script.end() == 0
