"""``python -m slingshot_microservice describe SCRIPT``: the manifest of a script's services."""

from __future__ import annotations

import os
import runpy
import sys
from types import TracebackType
from typing import Optional, TextIO


def _within(script: str, error: Exception) -> Optional[TracebackType]:
    """An error's traceback from the script on: what runs it has no part in it."""
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename != script:
        frames = frames.tb_next
    error.__traceback__ = frames
    return frames


def _own_output() -> TextIO:
    """The standard output, for the manifest alone: what the script prints, in whatever language, is for people."""
    output = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return output


def main() -> int:
    """Runs the script as far as its first service, and connects to nothing."""
    arguments = sys.argv[1:]
    if len(arguments) < 2 or arguments[0] != "describe":
        print("usage: python -m slingshot_microservice describe SCRIPT [ARGUMENT…]", file=sys.stderr)
        return 2
    script = arguments[1]
    if not os.path.exists(script):
        print(f"there is no script {script}", file=sys.stderr)
        return 4
    sys.argv = [script, *arguments[2:]]
    sys.path[0] = os.path.dirname(os.path.abspath(script))
    sys._slingshot_describes = _own_output()  # type: ignore[attr-defined]
    try:
        runpy.run_path(script, run_name="__main__")
    except Exception as error:
        sys.excepthook(type(error), error, _within(script, error))
        return 1
    print(f"{script} ended without a service", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
