"""Python services beside a loop written by hand in Rust, FastStream and the predecessor's package.

    scripts/with-services PYTHON benches/python/bench.py --by-hand target/release/slingshot-benches \\
        --faststream --predecessor PYTHON

PYTHON has the wheel, pika, boto3 and, to be compared with, faststream[rabbit]. The one of `--predecessor` has
slingshot-microservice 0.1.7, adapted in its endpoints: README.md beside this file says how.

Each round has each contestant drain its ids from a fresh durable queue into another: persistent messages, the clock from
the first tenth of the ids to the last, and then every id must have arrived. Neither end of a race tells how fast it is: at
its start some have worked for long before anything of it arrives, for they finish their messages all at once, and at
its end one replica works on what is left while the other has nothing. Ratios are taken round by round; what is printed
is the median. On a machine that others use too, three columns tell what a contestant could have had: `cores` are the
seconds of the processor's time that it took in a second, `idle` those that nobody took, and `busy` those in which the busiest
thread of each of its processes ran or waited for a processor. Replicas that compute and wait for nothing else are all busy.
"""

from __future__ import annotations

import argparse
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
from typing import NamedTuple, Optional

import stage

SCRIPTS = pathlib.Path(__file__).parent / "contestants"

#: What the others are compared with.
BY_HAND = "by hand, in Rust"

#: The work, what the table calls it, and the share of the ids that it is done on. It is enough for what arrives at once, as
#: many as there are in the prefetch, to make no difference.
WORKS = [("nothing", "nothing", 1.0), ("compute", "5 ms", 0.5), ("compute_long", "50 ms", 0.05), ("copy", "files", 0.1)]

#: How often one looks what has arrived, in seconds, where that is a small part of the race: looking takes time as well.
LOOK = {"nothing": 0.01, "compute": 0.1, "compute_long": 0.1, "copy": 0.02}

#: How long a call computes, in milliseconds, where that is what it does.
COMPUTES = {"compute": 5, "compute_long": 50}

#: Those who take one message at a time, or nearly, get a share of the ids of those who do not.
SLOWER = 0.25

#: What a race may take, in seconds.
PATIENCE = 300


class Contestant(NamedTuple):
    name: str
    work: str
    command: list[str]
    ids: int
    processes: int = 1
    durable: bool = True


class Result(NamedTuple):
    rate: float
    cores: float
    busy: float
    idle: float


def contestants(arguments: argparse.Namespace, store: str) -> list[Contestant]:
    found = []
    for work, called, share in WORKS:
        ids = int(arguments.ids * share)
        slower = ids if work in COMPUTES else int(ids * SLOWER)
        if arguments.by_hand and work not in COMPUTES:
            found.append(Contestant(f"{called}: {BY_HAND}", work, by_hand(arguments.by_hand, work, store), ids))
        if work == "copy" and not arguments.by_hand:
            continue
        for replicas in (1, 2):
            many = f"{replicas} replica{'s' if replicas > 1 else ''}"
            if arguments.by_hand and work in COMPUTES:
                command = by_hand(arguments.by_hand, work, store)
                found.append(Contestant(f"{called}: {BY_HAND}, {many}", work, command, ids, replicas))
            ours = [sys.executable, str(SCRIPTS / "on_slingshot.py"), work, str(replicas)]
            found.append(Contestant(f"{called}: slingshot, {many}", work, ours, ids))
            if arguments.faststream:
                command = [sys.executable, str(SCRIPTS / "on_faststream.py"), work]
                found.append(Contestant(f"{called}: FastStream, {many}", work, command, slower, replicas))
            if arguments.predecessor:
                command = [arguments.predecessor, str(SCRIPTS / "on_predecessor.py"), work]
                found.append(Contestant(f"{called}: predecessor, {many}", work, command, slower, replicas, False))
    return [contestant for contestant in found if chosen(contestant, arguments)]


def chosen(contestant: Contestant, arguments: argparse.Namespace) -> bool:
    return not arguments.only or any(words in contestant.name for words in arguments.only)


def by_hand(benches: str, work: str, store: str) -> list[str]:
    command = [benches, "--rabbitmq", "-", "--database", "-"]
    if work == "copy":
        return [*command, "copy", "--rabbitmq", stage.URL, "--prefetch", "64", "--store", store, "--at-once", "2"]
    compute = ["--compute", str(COMPUTES[work])] if work in COMPUTES else []
    return [*command, "pass", "--rabbitmq", stage.URL, "--prefetch", "64", *compute]


def race(contestant: Contestant, environment: dict[str, str]) -> Result:
    queues = stage.Queues(contestant.ids, contestant.durable)
    running = [
        subprocess.Popen(
            contestant.command,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        for _ in range(contestant.processes)
    ]
    groups = [process.pid for process in running]

    def reached(count: int) -> tuple[float, int, stage.Usage]:
        until = time.monotonic() + PATIENCE
        while True:
            arrived = queues.arrived()
            if arrived >= count:
                return time.monotonic(), arrived, stage.usage(groups)
            if any(process.poll() is not None for process in running) or time.monotonic() > until:
                raise SystemExit(f"{contestant.name}: {arrived} of {count} ids arrived")
            time.sleep(LOOK[contestant.work])

    try:
        began, first, before = reached(contestant.ids // 10)
        ended, last, after = reached(contestant.ids - contestant.ids // 10)
        reached(contestant.ids)
        # What comes twice is to come now.
        time.sleep(0.5)
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(30)
    missing = queues.missing()
    if missing:
        raise SystemExit(f"{contestant.name}: {len(missing)} ids are missing")
    took = ended - began
    seconds = stage.cores(before, after), stage.busy(before, after), after.idle - before.idle
    return Result((last - first) / took, *(some / took for some in seconds))


def ratio(ours: list[Result], others: Optional[list[Result]]) -> float:
    """Round by round, and then the median."""
    if not others:
        return float("nan")
    return statistics.median(one.rate / other.rate for one, other in zip(ours, others))


def table(results: dict[str, list[Result]]) -> str:
    lines = [f"{'':36} {'ids/s':>8} {'of hand':>8} {'cores':>6} {'busy':>6} {'idle':>6}"]
    for name, measured in results.items():
        rate, cores, busy, idle = (statistics.median(column) for column in zip(*measured))
        work, _, contestant = name.partition(": ")
        many = contestant.rpartition(", ")[2]
        limit = results.get(f"{work}: {BY_HAND}") or results.get(f"{work}: {BY_HAND}, {many}")
        lines.append(f"{name:36} {rate:8.0f} {ratio(measured, limit):8.2f} {cores:6.2f} {busy:6.2f} {idle:6.2f}")
    lines.append("")
    for name, measured in results.items():
        if "2 replicas" in name and (one := results.get(name.replace("2 replicas", "1 replica"))):
            lines.append(f"{name:36} {ratio(measured, one):6.2f} × one replica")
        if "slingshot" not in name:
            continue
        for other in ("FastStream", "predecessor"):
            if others := results.get(name.replace("slingshot", other)):
                lines.append(f"{name:36} {ratio(measured, others):6.2f} × {other}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--by-hand", help="the binary of slingshot-benches, whose loops are the bare limit")
    parser.add_argument("--predecessor", help="a Python with slingshot-microservice 0.1.7")
    parser.add_argument("--faststream", action="store_true", help="compare with FastStream")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--ids", type=int, default=20_000)
    parser.add_argument("--only", action="append", help="contestants whose name has this in it; may be repeated")
    arguments = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as directory,
        stage.environment(pathlib.Path(directory), arguments.by_hand) as environment,
    ):
        racing = contestants(arguments, environment["BENCH_STORE_URL"])
        results: dict[str, list[Result]] = {contestant.name: [] for contestant in racing}
        for number in range(1, arguments.rounds + 1):
            for contestant in racing:
                result = race(contestant, environment)
                results[contestant.name].append(result)
                print(f"{number}/{arguments.rounds} {contestant.name}: {result.rate:.0f}/s", file=sys.stderr)
    print(table(results))


if __name__ == "__main__":
    main()
