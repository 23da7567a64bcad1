"""Replicas that compute do it at the same time. How fast that is depends on who else computes; whether they wait for
anything but a processor does not."""

from __future__ import annotations

import pathlib
import time

from conftest import Stage, eventually

COMPUTING = """
import time
from slingshot_microservice import Microservice

def process(request):
    until = time.thread_time() + 0.02
    while time.thread_time() < until:
        pass
    return request, True

Microservice("compute", None, process, replicas=2, prefetch=32).start()
"""

#: Seconds that are watched, and how many of them the function's thread is to run or to wait for a processor.
WATCHED, BUSY = 2.0, 0.85


def wanted(process: int) -> dict[str, float]:
    """The seconds that each thread ran or could have run, as the kernel counts them."""
    threads = pathlib.Path(f"/proc/{process}/task").iterdir()
    counted = {thread.name: (thread / "schedstat").read_text().split() for thread in threads}
    return {name: (int(running) + int(waiting)) / 1e9 for name, (running, waiting, _) in counted.items()}


def test_replicas_that_compute_wait_for_nothing_but_a_processor(stage: Stage) -> None:
    stage.service("compute", {True: "done"})
    script = stage.start(COMPUTING)
    # More than two processors do meanwhile.
    stage.send("compute", *range(600))
    workers = eventually(lambda: len(script.workers()) == 2 and script.workers())
    eventually(lambda: script.log.count("consuming") == 2)
    stage.take("done", 10)
    before, since = [wanted(worker) for worker in workers], time.monotonic()
    time.sleep(WATCHED)
    after, took = [wanted(worker) for worker in workers], time.monotonic() - since
    assert stage.depth("compute") > 0
    for earlier, later in zip(before, after):
        busiest = max(seconds - earlier.get(name, 0.0) for name, seconds in later.items())
        assert busiest / took > BUSY
