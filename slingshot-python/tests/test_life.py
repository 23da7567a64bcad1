"""Processes: workers, signals and crashes."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import time
import urllib.request

import pytest
from conftest import PATIENCE, Stage, eventually

ECHO = """
from slingshot_microservice import Microservice

def process(request):
    return request, request % 2 == 0

if __name__ == "__main__":
    Microservice("echo", None, process, replicas=2).start()
    print("and on it goes")
"""

SLOW = """
import os, time
from slingshot_microservice import Microservice

def process(request):
    print("working on", request, flush=True)
    time.sleep(float(os.environ["SECONDS"]))
    return request, True

Microservice("slow", None, process, **eval(os.environ.get("OPTIONS", "{}"))).start()
"""


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat") as stat:
        return stat.read().rsplit(")", 1)[1].split()[0] != "Z"


@pytest.mark.brief
def test_a_message_goes_from_queue_to_queue(stage: Stage) -> None:
    stage.service("echo", {True: "even", False: "odd"})
    script = stage.start(ECHO)
    eventually(lambda: len(script.workers()) == 2)
    stage.send("echo", *range(20))
    assert sorted(stage.take("even", 10)) == list(range(0, 20, 2))
    assert sorted(stage.take("odd", 10)) == list(range(1, 20, 2))
    assert script.end() == 0
    assert script.log.count("and on it goes") == 1


LEAVING = """
import atexit, threading, time
from slingshot_microservice import Microservice

def late():
    time.sleep(0.5)
    print("a thread of its own")

def process(request):
    threading.Thread(target=late, daemon=False).start()
    return request, True

atexit.register(print, "the end", end="")
try:
    Microservice("leaving", None, process).start()
finally:
    print("on the way out")
"""


def test_a_worker_ends_as_scripts_do(stage: Stage) -> None:
    stage.service("leaving", {True: "left"})
    script = stage.start(LEAVING)
    stage.send("leaving", 1)
    assert stage.take("left", 1) == [1]
    assert script.end() == 0
    assert script.log.count("a thread of its own") == 1
    # Those of the supervisor, and those of its worker.
    assert script.log.count("on the way out") == 2
    assert script.log.count("the end") == 2


# The interpreter goes slowly, so that whoever comes back to it meanwhile aborts the process, and not now and then only.
GOING = """
import atexit, os, time
from slingshot_microservice import Microservice, _database

class Slow:
    def __del__(self, sleep=time.sleep):
        sleep(1)

slow = Slow()
abandon = _database.Handle.abandon

def slowly(handle):
    time.sleep(float(os.environ["CLOSING"]))
    abandon(handle)
    os.write(1, b"a connection is closed\\n")

_database.Handle.abandon = slowly

def process(request, connection):
    return request, True

atexit.register(print, "the end")
Microservice("going", None, process, workers="threads", replicas=4).start()
print("and on it goes")
"""


@pytest.mark.parametrize("closing", ["0", "0.02", "0.1", "0.5"])
def test_the_interpreter_goes_when_the_threads_are_gone(stage: Stage, closing: str) -> None:
    stage.service("going", {True: "gone"})
    for _ in range(3):
        script = stage.start(GOING, CLOSING=closing)
        stage.send("going", *range(16))
        stage.take("gone", 16)
        assert script.end() == 0, script.log
        assert script.log.count("and on it goes") == 1
        assert script.log.count("the end") == 1
        # Each is closed while the script goes on, and none is left to whoever comes back to an end.
        assert script.log.count("a connection is closed") in range(1, 5), script.log
        assert script.log.index("and on it goes") > script.log.rindex("a connection is closed")


def test_a_worker_waits_for_no_connection_to_be_closed(stage: Stage) -> None:
    stage.service("going", {True: "gone"})
    script = stage.start(GOING.replace(', workers="threads"', ""), CLOSING="60")
    stage.send("going", *range(16))
    stage.take("gone", 16)
    assert script.end() == 0, script.log
    # Those of the supervisor, and those of its workers.
    assert script.log.count("and on it goes") == 1
    assert script.log.count("the end") == 5
    assert "a connection is closed" not in script.log


STUCK = """
import atexit, time
from slingshot_microservice import Microservice

class Slow:
    def __del__(self, sleep=time.sleep):
        sleep(1)

slow = Slow()

def process(request):
    print("stuck", flush=True)
    while True:
        time.sleep(0.01)

atexit.register(print, "the end")
try:
    Microservice("stuck", None, process, workers="threads").start()
finally:
    print("on the way out")
"""


def test_a_function_that_does_not_return_is_left_behind(stage: Stage) -> None:
    stage.service("stuck", {True: "never"})
    script = stage.start(STUCK)
    stage.send("stuck", 1)
    eventually(lambda: "stuck\n" in script.log)
    script.process.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    # The second signal is immediate.
    assert script.end() == 75, script.log
    assert script.log.count("on the way out") == 1
    assert script.log.count("the end") == 1


def test_what_runs_is_finished_when_the_process_is_told_to_end(stage: Stage) -> None:
    stage.service("slow", {True: "done"})
    script = stage.start(SLOW, SECONDS="1")
    stage.send("slow", 1, 2, 3)
    eventually(lambda: "working on" in script.log)
    assert script.end() == 0
    finished = script.log.count("working on")
    assert stage.take("done", finished) == list(range(1, finished + 1))
    assert stage.depth("slow") == 3 - finished > 0


def test_ctrl_c_drains_and_is_raised(stage: Stage) -> None:
    stage.service("slow", {True: "done"})
    script = stage.start(SLOW, SECONDS="0.5")
    stage.send("slow", 1)
    eventually(lambda: "working on" in script.log)
    # A terminal tells all of its processes.
    for pid in [*script.workers(), script.process.pid]:
        os.kill(pid, signal.SIGINT)
    assert script.process.wait(PATIENCE) == -signal.SIGINT
    assert stage.take("done", 1) == [1]
    assert script.log.count("Traceback") == 1
    assert script.log.rstrip().endswith("KeyboardInterrupt")


def test_a_second_signal_gives_back_what_runs(stage: Stage) -> None:
    stage.service("slow", {True: "done"})
    script = stage.start(SLOW, SECONDS="60")
    stage.send("slow", 1)
    eventually(lambda: "working on" in script.log)
    script.process.terminate()
    time.sleep(0.5)
    begun = time.monotonic()
    assert script.end() == 75
    assert time.monotonic() - begun < 20
    eventually(lambda: stage.depth("slow") == 1)


def test_a_killed_worker_s_message_comes_again_and_so_does_a_worker(stage: Stage) -> None:
    stage.service("slow", {True: "done"})
    script = stage.start(SLOW, SECONDS="1", OPTIONS="{'replicas': 2}")
    before = eventually(lambda: len(script.workers()) == 2 and script.workers())
    eventually(lambda: script.log.count("consuming") == 2)
    stage.send("slow", 1)
    eventually(lambda: "working on" in script.log)
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    assert stage.take("done", 1) == [1]
    after = eventually(lambda: len(script.workers()) == 2 and script.workers())
    assert not set(before) & set(after)
    assert "was ended by SIGKILL" in script.log
    assert script.end() == 0


@pytest.mark.parametrize("crash", ["ctypes.string_at(0)", "os._exit(0)", "os._exit(1)", "os._exit(2)", "os._exit(75)"])
def test_a_function_that_ends_its_process_every_time_makes_a_dead_letter(stage: Stage, crash: str) -> None:
    stage.service("fragile", {True: "done"})
    # They are there before anybody knows that the service consumes.
    stage.send("fragile", 13, 1, 2)
    script = stage.start(
        f"""
        import ctypes, os
        from slingshot_microservice import Microservice

        def process(request):
            if request == 13:
                {crash}
            return request, True

        Microservice("fragile", None, process, retry={{"max": 3, "initial": "10ms"}}).start()
        """
    )
    assert sorted(stage.take("done", 2)) == [1, 2]
    [(properties, body)] = stage.dead_letters("fragile", 1)
    assert body == b"13"
    assert properties.headers["x-slingshot-error-type"] == "crash"
    assert script.end() == 0


def test_workers_do_not_outlive_a_killed_supervisor(stage: Stage) -> None:
    stage.service("echo", {True: "even", False: "odd"})
    script = stage.start(ECHO)
    workers = eventually(lambda: len(script.workers()) == 2 and script.workers())
    eventually(lambda: script.log.count("consuming") == 2)
    script.process.kill()
    eventually(lambda: not any(alive(pid) for pid in workers), within=20)


STUBBORN = """
import re
from slingshot_microservice import Microservice

def process(request):
    print("matching", flush=True)
    re.match(r"(a+)+$", "a" * 60 + "b")
    return request, True

Microservice("stubborn", None, process, **OPTIONS).start()
"""


@pytest.mark.parametrize("options", ["{}", "{'workers': 'threads'}"])
def test_a_function_that_keeps_the_interpreter_s_lock_does_not_keep_the_process(stage: Stage, options: str) -> None:
    stage.service("stubborn", {True: "never"})
    script = stage.start(STUBBORN.replace("OPTIONS", options))
    stage.send("stubborn", 1)
    eventually(lambda: "matching" in script.log)
    workers = script.workers()
    script.process.terminate()
    time.sleep(0.5)
    # The second signal is immediate.
    assert script.end() == 75, script.log
    assert "keeps the interpreter's lock" in script.log
    assert not any(alive(pid) for pid in workers)
    eventually(lambda: stage.depth("stubborn") == 1)


def test_a_function_that_keeps_the_interpreter_s_lock_does_not_outlive_a_killed_supervisor(stage: Stage) -> None:
    stage.service("stubborn", {True: "never"})
    script = stage.start(STUBBORN.replace("OPTIONS", "{}"))
    stage.send("stubborn", 1)
    eventually(lambda: "matching" in script.log)
    [worker] = script.workers()
    script.process.kill()
    # It has the 25 seconds that a drain gives.
    eventually(lambda: not alive(worker), within=60)


FORKING = """
import multiprocessing, os, sys, time
from slingshot_microservice import Microservice

def process(request):
    if request == 1:
        multiprocessing.get_context("fork").Process(target=time.sleep, args=(600,), daemon=True).start()
        return request, True
    child = os.fork()
    if child == 0 and request == 2:
        print("from the child", end="")
        sys.exit(3)
    if child == 0 and request == 3:
        raise ValueError("in the child")
    if child == 0:
        return 99, True
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), True

Microservice("forking", None, process).start()
"""


def test_processes_that_a_function_forks_end(stage: Stage) -> None:
    stage.service("forking", {True: "done"})
    script = stage.start(FORKING)
    stage.send("forking", 1, 2, 3, 4)
    assert stage.take("done", 4) == [1, 3, 1, 0]
    [worker] = script.workers()
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(worker)], capture_output=True, text=True)
    [daemon] = map(int, listed.stdout.split())
    begun = time.monotonic()
    assert script.end() == 0, script.log
    assert time.monotonic() - begun < 10
    assert not alive(daemon)
    assert script.log.count("from the child") == 1
    assert script.log.count("ValueError: in the child") == 1


def test_what_a_function_spawns_starts_no_service(stage: Stage) -> None:
    stage.service("spawning", {True: "done"})
    script = stage.start(
        """
        import multiprocessing
        from slingshot_microservice import Microservice

        def double(number):
            return 2 * number

        def process(request):
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                return pool.apply(double, (request,)), True

        Microservice("spawning", None, process).start()
        """
    )
    stage.send("spawning", 4)
    assert stage.take("done", 1) == [8]
    assert script.end() == 0, script.log
    assert script.log.count("the admin server listens") == 1


GONE = """
import os
from slingshot_microservice import _environment

here = _environment.directory()
_environment.directory = lambda: here + "/gone" if os.path.exists("deployed-anew") else here
"""


def test_a_worker_that_cannot_be_started_again_ends_the_service_in_order(stage: Stage) -> None:
    stage.service("echo", {True: "even", False: "odd"})
    script = stage.start(GONE + ECHO)
    eventually(lambda: script.log.count("consuming") == 2)
    (stage.directory / "deployed-anew").touch()
    os.kill(script.workers()[0], signal.SIGKILL)
    assert script.process.wait(PATIENCE) == 1
    assert "cannot be started: [Errno 2] No such file or directory" in script.log
    assert script.log.count('"drained"') == 1
    assert "Traceback" not in script.log


def test_a_script_that_fails_before_its_service_ends_with_it(stage: Stage) -> None:
    stage.service("echo", {})
    source = "import os\nif 'SLINGSHOT_WORKER' in os.environ: raise ValueError('no')\n" + ECHO
    script = stage.start(source, wait=False)
    assert script.process.wait(PATIENCE) == 1
    assert "ValueError: no" in script.log
    assert " ended with code 1" in script.log


def test_a_service_without_a_sys_map_is_misconfigured(stage: Stage) -> None:
    script = stage.start(ECHO, wait=False, SLINGSHOT_SYS_MAP="")
    assert script.process.wait(PATIENCE) == 2
    assert "has no sys-map" in script.log


def test_threads_are_one_process(stage: Stage) -> None:
    stage.service("slow", {True: "done"})
    script = stage.start(SLOW, SECONDS="1", OPTIONS="{'replicas': 8, 'workers': 'threads'}")
    begun = time.monotonic()
    stage.send("slow", *range(8))
    assert sorted(stage.take("done", 8)) == list(range(8))
    assert time.monotonic() - begun < 7
    assert script.workers() == []
    assert script.end() == 0


@pytest.mark.brief
def test_async_functions_share_a_loop_and_a_process(stage: Stage) -> None:
    stage.service("waiting", {"a": "done", "b": "done"})
    script = stage.start(
        """
        import asyncio
        from slingshot_microservice import microservice, run

        loops = set()

        @microservice(replicas=20)
        async def waiting(request: int):
            loops.add(asyncio.get_running_loop())
            await asyncio.sleep(1)
            yield request, "a"
            yield 100 * len(loops), "b"

        run()
        """
    )
    begun = time.monotonic()
    stage.send("waiting", *range(20))
    assert sorted(stage.take("done", 40)) == [*range(20), *[100] * 20]
    assert time.monotonic() - begun < 15
    assert len(script.workers()) == 1
    assert script.end() == 0


def test_an_async_function_is_cancelled_after_its_time(stage: Stage) -> None:
    stage.service("waiting", {True: "done"})
    script = stage.start(
        """
        import asyncio
        from slingshot_microservice import Microservice

        async def process(request):
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                print("cancelled", flush=True)
                raise

        Microservice("waiting", None, process, timeout=0.5, retry={"max": 1}).start()
        """
    )
    stage.send("waiting", 1)
    [(properties, _)] = stage.dead_letters("waiting", 1)
    assert properties.headers["x-slingshot-error-type"] == "timeout"
    eventually(lambda: "cancelled" in script.log)
    assert script.end() == 0


def test_a_script_may_hold_several_services(stage: Stage) -> None:
    stage.service("first-one", {True: "second-one"})
    stage.service("second-one", {True: "done"})
    script = stage.start(
        """
        import slingshot_microservice
        from slingshot_microservice import microservice

        @microservice()
        def first_one(request):
            return request + 1, True

        @microservice(name="second-one", replicas=2)
        def another(request):
            return [(request * 2, True), (request * 3, True)]

        assert first_one(1) == (2, True)
        slingshot_microservice.run()
        """
    )
    stage.send("first-one", 1)
    assert sorted(stage.take("done", 2)) == [4, 6]
    assert len(script.workers()) == 3
    assert script.end() == 0


def test_a_startup_function_runs_once_and_before_any_message(stage: Stage) -> None:
    stage.service("starting", {True: "done"})
    stage.send("starting", 5)
    script = stage.start(
        """
        import os, time
        from slingshot_microservice import Microservice

        def startup():
            print("startup", flush=True)
            time.sleep(0.5)
            return [(1, True)]

        def process(request):
            return request, True

        Microservice("starting", None, startup, process, replicas=3).start()
        """
    )
    eventually(lambda: len(script.workers()) == 3)
    eventually(lambda: script.log.count("consuming") == 3)
    assert stage.take("done", 2) == [1, 5]
    os.kill(script.workers()[0], signal.SIGKILL)
    eventually(lambda: script.log.count("consuming") == 4)
    assert script.log.splitlines().count("startup") == 1
    assert script.end() == 0


def test_the_sys_map_s_replicas_win(stage: Stage) -> None:
    stage.service("slow", {True: "done"}, replicas=3)
    script = stage.start(SLOW, SECONDS="0", OPTIONS="{'replicas': 4}")
    eventually(lambda: len(script.workers()) == 3)
    stage.send("slow", 1)
    assert stage.take("done", 1) == [1]
    assert script.end() == 0


def test_one_admin_server_tells_of_all_workers(stage: Stage) -> None:
    stage.service("echo", {True: "even", False: "odd"})
    script = stage.start(ECHO)
    eventually(lambda: script.log.count("consuming") == 2)
    stage.send("echo", *range(0, 40, 2))
    stage.take("even", 20)
    assert script.admin("/livez") == (200, "ok\n")
    status, text = script.admin("/readyz")
    assert status == 200 and "worker 1: " in text and "worker 2: " in text
    status, text = script.admin("/readyz", "application/json")
    assert [worker["ready"] for worker in json.loads(text)["workers"]] == [True, True]

    def acknowledged() -> int:
        _, metrics = script.admin("/metrics")
        pattern = r'slingshot_messages_processed_total\{worker="[12]",.*outcome="ack".*\} (\d+)'
        return sum(int(count) for count in re.findall(pattern, metrics))

    eventually(lambda: acknowledged() == 20)
    _, metrics = script.admin("/metrics")
    assert metrics.endswith("# EOF\n") and metrics.count("# EOF") == 1
    assert metrics.count("# TYPE slingshot_messages_processed ") == 1
    parsed(metrics)
    assert script.admin("/nothing")[0] == 404
    assert script.end() == 0


def parsed(metrics: str) -> None:
    """By Prometheus's own parser, where it is installed."""
    try:
        from prometheus_client.openmetrics.parser import text_string_to_metric_families
    except ImportError:
        return
    assert len(list(text_string_to_metric_families(metrics))) > 10


@pytest.mark.parametrize("host", ["[::1]", "0.0.0.0"])
def test_the_admin_server_listens_where_it_is_told_to(stage: Stage, host: str) -> None:
    stage.service("echo", {True: "even", False: "odd"})
    script = stage.start(ECHO, SLINGSHOT_ADMIN=f"{host}:0")
    [port] = re.findall(re.escape(f"the admin server listens at {host}:") + r"(\d+)", script.log)
    with urllib.request.urlopen(f"http://{host}:{port}/livez", timeout=10) as answer:
        assert answer.read() == b"ok\n"
    assert script.end() == 0


def test_an_admin_address_that_is_none_is_a_mistake_and_no_traceback(stage: Stage) -> None:
    stage.service("echo", {True: "even", False: "odd"})
    script = stage.start(ECHO, wait=False, SLINGSHOT_ADMIN="127.0.0.1:99999")
    assert script.process.wait(PATIENCE) == 2
    assert "cannot start: SLINGSHOT_ADMIN is `127.0.0.1:99999`: write an address like 127.0.0.1:9464, or off" in script.log
    assert "Traceback" not in script.log


def test_every_worker_reports_to_slingshot_run(stage: Stage) -> None:
    stage.service("echo", {True: "even", False: "odd"})
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(20)
        script = stage.start(ECHO, SLINGSHOT_REPORT=f"127.0.0.1:{listener.getsockname()[1]}")
        connections = [listener.accept()[0] for _ in range(2)]
        stage.send("echo", *range(10))
        stage.take("odd", 5)
        assert script.end() == 0
        text = b"".join(received(connection) for connection in connections).decode()
    reports = [json.loads(line) for line in text.splitlines()]
    assert sum(report["succeeded"] for report in reports) == 10
    assert {report["service"] for report in reports} == {"echo"}
    assert len({report["pid"] for report in reports}) == 2


def received(connection: socket.socket) -> bytes:
    connection.settimeout(10)
    text = b""
    while block := connection.recv(65536):
        text += block
    return text
