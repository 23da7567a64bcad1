"""What a contestant's function does: nothing, or five milliseconds of the processor's time."""

import time


def nothing() -> None:
    pass


def compute() -> None:
    until = time.thread_time() + 0.005
    while time.thread_time() < until:
        pass
