"""A whole running copy with campaigns on a volume of its own, for benches of the server."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import redis

from benchmarks.annotators import Server, Session
from benchmarks.cutout_pages import PAGE_SIZE
from benchmarks.slow_store import slow_store
from benchmarks.volumes import (
    NEURON,
    BenchVolume,
    Block,
    write_bench_volume,
    write_fork,
    write_table,
)
from synanno_server.local.stack import Stack, running_stack
from synanno_server.redis_urls import client_url

FAR_WAIT_S = 0.04
RESPAWN_WITHIN_S = 30.0
QUIET_WITHIN_S = 60.0


@dataclass(frozen=True)
class CampaignOrder:
    """A campaign on the volume of the copy; its cutouts have 256×256 voxels and `depth` slices.

    `far` reads the volume through HTTP with a wait before each answer. `rendered` has all
    cutouts rendered before the measuring begins. `alike` shows the synapses of the volume again
    where there are too few, so that few cutouts are to be rendered; else each is moved a little.
    `along` has all synapses on one neuron with three sections, along which the campaign goes.
    """

    name: str
    people: int
    pages: int
    depth: int = 6
    image_mip: int = 1
    far: bool = False
    rendered: bool = True
    alike: bool = False
    along: bool = False


@dataclass(frozen=True)
class BenchStack:
    """The running copy, its campaigns by name, and the logins of its annotators."""

    stack: Stack
    campaigns: Mapping[str, int]
    sessions: tuple[Session, ...]
    far_reads: list[float]  # when each read of the far storage began, `time.monotonic()`

    def server(self, campaign: str) -> Server:
        """Where the annotators of a campaign send their requests."""
        return Server(*self.host, self.campaigns[campaign])

    @property
    def host(self) -> tuple[str, int]:
        parts = urlsplit(self.stack.address)
        if parts.hostname is None or parts.port is None:
            raise ValueError(f"{self.stack.address!r} names no host and port")
        return parts.hostname, parts.port

    @property
    def redis(self) -> redis.Redis:
        return redis.Redis.from_url(client_url(self.stack.settings["REDIS_URL"]))

    def processes_of(self, name: str) -> list[psutil.Process]:
        """The main process of "web" or "worker", then the processes that do its work."""
        main = psutil.Process(self.stack.children()[name])
        return [main, *main.children()]

    def cpu_of_others_s(self) -> float:
        """CPU time, since the machine started, of all programs but this copy and this process."""
        machine = psutil.cpu_times()
        own = psutil.Process()
        ours = [own, *own.children(recursive=True)]
        spent = 0.0
        for process in ours:
            with contextlib.suppress(psutil.NoSuchProcess):  # connections of Postgres come and go
                spent += sum(process.cpu_times()[:2])
        return float(machine.user + machine.nice + machine.system - spent)

    def rendered_cutouts(self) -> int:
        """How many cutouts there are in Redis."""
        return sum(1 for _ in self.redis.scan_iter("cutout:middle:*", count=1000))

    def forget_pictures(self) -> None:
        """Empty Redis of cutouts, and start Celery's processes anew: no chunk is decoded yet."""
        main, *pool = self.processes_of("worker")
        for process in pool:
            os.kill(process.pid, signal.SIGKILL)
        before = {process.pid for process in pool}
        deadline = time.monotonic() + RESPAWN_WITHIN_S
        while not _replaced(main, before):
            if time.monotonic() > deadline:
                raise TimeoutError("Celery did not replace its processes")
            time.sleep(0.05)
        store = self.redis
        for key in store.scan_iter("cutout:*", count=1000):
            store.delete(key)

    def await_quiet(self) -> None:
        """Wait until no job is queued or announced, and Celery's processes have stopped working."""
        store, deadline = self.redis, time.monotonic() + QUIET_WITHIN_S
        spent = -1.0
        while time.monotonic() < deadline:
            waiting = sum(
                int(store.llen(queue)) for queue in ("interactive", "prefetch", "default")
            )
            # A look at pages to come waits in Celery, not in its queue, until its time has come.
            waiting += sum(1 for _ in store.scan_iter("cutout:announced:*", count=1000))
            now = sum(sum(p.cpu_times()[:2]) for p in self.processes_of("worker"))
            if not waiting and now - spent < 0.02:
                return
            spent = now
            time.sleep(0.3)
        raise TimeoutError("the workers do not come to rest")


def _replaced(main: psutil.Process, before: set[int]) -> bool:
    now = {process.pid for process in main.children()}
    return len(now) >= len(before) and not now & before


@contextlib.contextmanager
def bench_stack(
    block: Block, campaigns: Sequence[CampaignOrder], far_wait_s: float = FAR_WAIT_S
) -> Iterator[BenchStack]:
    """Run a copy with the default settings and servers of its own, on a volume of its own.

    What is far answers each read after `far_wait_s`.
    """
    far_reads: list[float] = []
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="synanno-bench-")))
        folder.chmod(0o711)  # The database may run under an account that must pass through.

        def note_read() -> None:
            far_reads.append(time.monotonic())

        far = stack.enter_context(slow_store(folder / "volume", far_wait_s, note_read))
        writer = stack.enter_context(ThreadPoolExecutor(1))
        writing = writer.submit(write_bench_volume, folder / "volume", block)
        copy = stack.enter_context(running_stack(folder / "home"))
        volume = writing.result()
        wanted = {"campaigns": [_wanted(order, volume, far, folder) for order in campaigns]}
        code = f"from benchmarks.campaign_data import main; main({json.dumps(wanted)!r})"
        printed = copy.manage("shell", "--no-imports", "--command", code)
        made = json.loads(printed.strip().splitlines()[-1])
        sessions = tuple(Session(**session) for session in made["sessions"])
        yield BenchStack(copy, made["campaigns"], sessions, far_reads)


def _wanted(order: CampaignOrder, volume: BenchVolume, far: str, folder: Path) -> dict[str, Any]:
    """What `campaign_data` is told of a campaign."""
    count = order.pages * PAGE_SIZE
    rows = tuple(islice(cycle(volume.synapses), count))
    if not order.alike:
        rows = tuple(row.moved(n // len(volume.synapses)) for n, row in enumerate(rows))
    return {
        "name": order.name,
        "people": order.people,
        "image": f"{far}/image" if order.far else volume.image,
        "image_mip": order.image_mip,
        "clefts": f"{far}/clefts" if order.far else volume.clefts,
        "table": str(
            write_table(folder / f"{order.name}.csv", rows, NEURON if order.along else -1)
        ),
        "skeletons": str(write_fork(folder / "skeletons", rows)) if order.along else "",
        "crop": [256, 256, order.depth],
        "rendered": order.rendered,
    }
