"""Start the stand-in, give it faults, and look into it."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apps.cave_sync.domain.annotations import Datastack
from synanno_server.env import REPOSITORY
from tests.support.cave_annotations.people import DATASTACK
from tests.support.waiting import wait_for


@dataclass(frozen=True)
class RunningCave:
    """A stand-in that runs."""

    address: str

    @property
    def datastack(self) -> Datastack:
        """Where one writes."""
        return Datastack(self.address, DATASTACK)

    def rows(self, table: str) -> list[dict[str, Any]]:
        """The rows of a table as they are stored, in the order of ids: `id`, `values`, which are
        flat, `valid`, `deleted` and `superceded_id`, which may be None."""
        found: list[dict[str, Any]] = self._ask(f"rows?table={table}")
        return found

    def told(self) -> dict[str, Any]:
        """Its tables, what it was asked, and which faults happened."""
        found: dict[str, Any] = self._ask("told")
        return found

    def order(self, *kinds: str, method: str | None = None, what: str | None = None) -> None:
        """The next calls of this method, of `what` (as annotations, count), meet these faults, in
        turn and behind those ordered before; where none is named, any."""
        given = {"method": method, "what": what}
        named = {key: value for key, value in given.items() if value is not None}
        self._ask("faults", {"next": [{"kind": kind} | named for kind in kinds]})

    def disturb(
        self, share: float, *, kinds: Sequence[str] = (), seed: int = 7, delay_s: float = 0.005
    ) -> None:
        """So many of all calls meet a fault, by chance."""
        given = {"share": share, "seed": seed, "delay_s": delay_s}
        self._ask("faults", given | ({"kinds": list(kinds)} if kinds else {}))

    def calm(self) -> None:
        """No more faults, neither by chance nor those that were ordered, and no poison."""
        self._ask("faults", {"next": None, "share": 0.0})
        self.poison()

    def poison(self, *values: Any) -> None:
        """Rows with one of these values cannot be written, which is told in words that nobody
        knows."""
        self._ask("poison", {"values": values})

    def take_time(self, row_s: float) -> None:
        """So many seconds for each row that is inserted."""
        self._ask("faults", {"row_s": row_s})

    def lose(self, table: str, ids: Sequence[int] | None = None) -> None:
        """Rows of a table are there no more, nor counted, as after a restored backup; the table
        itself, where none are named."""
        self._ask("lose", {"table": table, "ids": None if ids is None else list(ids)})

    def back_up(self, table: str, backup: str) -> None:
        """Keep the rows of a table under this name."""
        self._ask("back_up", {"name": table, "backup": backup})

    def put_back(self, table: str, backup: str) -> None:
        """A table has the rows again that were kept under this name, and no others."""
        self._ask("put_back", {"name": table, "backup": backup})

    def fail_once(self) -> None:
        """The next call fails for what somebody else's has left."""
        self._ask("fail_once", {})

    def release(self) -> None:
        """Let go of the calls that are held."""
        self._ask("release", {})

    def freeze(self, version: int, roots: Mapping[str, Mapping[int, Any]] | None = None) -> None:
        """What is valid becomes a version; with the root ids (pre, post) of rows of tables."""
        self._ask("roots", roots or {})
        self._ask("freeze", {"version": version})

    def forget(self) -> None:
        """There are no versions any more."""
        self._ask("forget", {})

    def expire(self, version: int, after: int = 0) -> None:
        """A version is there no more, after so many more queries of it."""
        self._ask("expire", {"version": version, "after": after})

    def cap(self, rows: int) -> None:
        """How many rows an answer of a version has at most."""
        self._ask("cap", {"rows": rows})

    def _ask(self, what: str, body: Any = None) -> Any:
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.address}/_stand_in/{what}", data=content)  # noqa: S310
        with urllib.request.urlopen(request, timeout=300) as response:  # noqa: S310
            return json.load(response)


@contextmanager
def running_cave(folder: Path) -> Iterator[RunningCave]:
    """A stand-in in a process of its own, which ends with the block. `folder` gets its port."""
    port_file = folder / "cave-port"
    command = [sys.executable, "-m", "tests.support.cave_annotations", "--port-file"]
    process = subprocess.Popen([*command, str(port_file)], cwd=REPOSITORY)
    try:
        wait_for(lambda: port_file.exists() or process.poll() is not None, "the stand-in")
        assert process.poll() is None, "the stand-in ended"
        yield RunningCave(f"http://127.0.0.1:{port_file.read_text()}")
    finally:
        process.terminate()
        process.wait(timeout=20)
