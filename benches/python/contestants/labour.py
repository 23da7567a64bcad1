"""What a contestant's function does: nothing, or so many milliseconds of the processor's time."""

import time


def nothing() -> None:
    pass


def compute() -> None:
    _compute(0.005)


def compute_long() -> None:
    _compute(0.05)


def _compute(seconds: float) -> None:
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass
