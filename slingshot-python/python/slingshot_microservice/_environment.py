"""The environment and the command line, read here and nowhere else."""

from __future__ import annotations

import builtins
import json
import os
import subprocess
import sys
from typing import Any, NamedTuple, Optional, TextIO

#: What a worker is told by its supervisor.
_WORKER = "SLINGSHOT_WORKER"

#: The worker of the handlers is no service's. Names of services are parts of addresses, and have no such letter.
HANDLERS = "@handlers"

#: Where the script was started. A script may go elsewhere before its service starts.
_DIRECTORY = os.getcwd()

#: Taken away at once: what a function starts is no worker.
_TOLD = os.environ.pop(_WORKER, None)


class Worker(NamedTuple):
    """Which of a service's processes this is."""

    service: str
    place: int
    startup: bool
    address: str
    token: str


def worker() -> Optional[Worker]:
    """None in a process that nobody started as a worker."""
    return Worker(**json.loads(_TOLD)) if _TOLD else None


def of_worker(worker: Worker) -> dict[str, str]:
    """The environment of a worker: its admin server is its supervisor's to find."""
    off = os.environ.get("SLINGSHOT_ADMIN") == "off"
    is_of_handlers = worker.service == HANDLERS
    return {
        **os.environ,
        _WORKER: json.dumps(worker._asdict()),
        "SLINGSHOT_SERVICES": "" if is_of_handlers else worker.service,
        # One process serves: the address can be listened on once.
        "SLINGSHOT_FILES": os.environ.get("SLINGSHOT_FILES", "") if is_of_handlers else "",
        "SLINGSHOT_ADMIN": "off" if off else "127.0.0.1:0",
    }


def admin() -> Optional[tuple[str, int, bool]]:
    """Where the admin server listens, and whether that was asked for; None for nowhere."""
    written = os.environ.get("SLINGSHOT_ADMIN", "")
    if written == "off":
        return None
    if not written:
        return "127.0.0.1", 9464, False
    host, _, port = written.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise ValueError(f"SLINGSHOT_ADMIN is `{written}`: write an address like 127.0.0.1:9464, or off")
    return host.strip("[]"), int(port), True


def services() -> Optional[list[str]]:
    """Which services to run; None for all."""
    written = os.environ.get("SLINGSHOT_SERVICES", "")
    return [name.strip() for name in written.split(",") if name.strip()] or None


def describes() -> Optional[TextIO]:
    """Where the manifest goes, if the process is asked for it, and for nothing to run."""
    asked: Optional[TextIO] = getattr(sys, "_slingshot_describes", None)
    return sys.stdout if asked is None and "--describe" in sys.argv[1:] else asked


def is_of_multiprocessing() -> bool:
    """Whether ``multiprocessing`` is importing the script in a process that it spawns for one of its functions."""
    process = sys.modules.get("multiprocessing.process")
    return process is not None and getattr(process.current_process(), "_inheriting", False)


def has_no_lock() -> bool:
    """Whether threads run Python at the same time: on a free-threaded build that no module has made take its lock."""
    is_locked = getattr(sys, "_is_gil_enabled", None)
    return is_locked is not None and not is_locked()


def command() -> Optional[list[str]]:
    """What runs this script again; None where there is none, as in an interactive session or a test."""
    main = sys.modules.get("__main__")
    interactive = hasattr(sys, "ps1") or hasattr(builtins, "__IPYTHON__") or sys.flags.interactive
    if interactive or "PYTEST_CURRENT_TEST" in os.environ or not sys.executable or os.name == "nt":
        return None
    file = getattr(main, "__file__", None)
    original: Any = getattr(sys, "orig_argv", None)
    if original is not None:
        # `python -` and a script from a pipe have been read already.
        runs_again = file is not None or "-c" in original[1:]
        return [sys.executable, *original[1:]] if runs_again else None
    # 3.9 does not keep its command line.
    if file is None or not sys.argv:
        return None
    flags = subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined]
    spec = getattr(main, "__spec__", None)
    if spec is not None:
        module = spec.name[: -len(".__main__")] if spec.name.endswith(".__main__") else spec.name
        return [sys.executable, *flags, "-m", module, *sys.argv[1:]]
    return [sys.executable, *flags, *sys.argv]


def directory() -> str:
    """Where the script was started."""
    return _DIRECTORY
