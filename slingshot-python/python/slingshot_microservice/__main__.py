"""``python -m slingshot_microservice describe SCRIPT``: the manifest of a script's services."""

from __future__ import annotations

import os
import runpy
import sys


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
    sys._slingshot_describes = True  # type: ignore[attr-defined]
    runpy.run_path(script, run_name="__main__")
    print(f"{script} ended without a service", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
