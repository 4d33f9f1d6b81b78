"""`./synanno bench`: measure one thing, with its goals beside it."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

from synanno_server.env import HOME, PRIVATE_NETWORKS, REPOSITORY, put_settings
from synanno_server.local.errors import StartError, StopRequested

NOT_BENCHES = {"__init__", "result"}


def known_benches(folder: Path = REPOSITORY / "benchmarks") -> dict[str, str]:
    """Every bench by name, with the first line of what it says of itself."""
    found = {}
    for path in sorted(folder.glob("*.py")):
        text = path.read_text(encoding="utf-8")
        if path.stem not in NOT_BENCHES and "\ndef run(" in text:
            found[path.stem] = text.lstrip('"').partition("\n")[0].rstrip('".')
    return found


def list_benches() -> int:
    """Print which benches there are."""
    for name, meaning in known_benches().items():
        print(f"  {name:<14}{meaning}")
    return 0


def run_bench(name: str, *, quick: bool, as_json: bool) -> int:
    """Measure, and print a table or JSON. The status is 0 whatever the goals: they are figures.

    The bench gets an empty home folder; one that needs servers starts its own.
    Raises StartError if there is no bench of this name.
    """
    benches = known_benches()
    if name not in benches:
        raise StartError(f"There is no bench {name!r}. There are: {', '.join(benches)}.")
    signal.signal(signal.SIGTERM, _stop)  # as Ctrl-C does, so that its children end with it
    with tempfile.TemporaryDirectory(prefix="synanno-bench-") as home, _output_to_stderr():
        # Stand-ins of buckets far away are on this machine.
        put_settings({HOME.name: home, PRIVATE_NETWORKS.name: "127.0.0.0/8"})
        result = load_bench(name).run(quick=quick)
    print(json.dumps(result.as_json(), indent=1) if as_json else result.as_table())
    return 0


def _stop(number: int, _frame: FrameType | None) -> None:
    raise StopRequested(number)


def load_bench(name: str) -> Any:
    """The module of a bench. What benches call of the server reads its settings and models."""
    import django  # noqa: PLC0415 - helps and usages come from a Python that need not have it

    put_settings({"DJANGO_SETTINGS_MODULE": "synanno_server.settings"})
    django.setup()
    return importlib.import_module(f"benchmarks.{name}")


@contextlib.contextmanager
def _output_to_stderr() -> Iterator[None]:
    """What the bench and its children print goes to stderr: stdout is for the result alone."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)
