"""Ingesting is killed and goes on; it takes no more memory for a larger volume."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from apps.datasets.services import ingestion
from apps.datasets.services.ingestion import IngestOrder, ingest_volume
from synanno_server.env import REPOSITORY, child_environment
from tests.datasets.volumes.test_ingest import (
    NM,
    Voxels,
    as_npy,
    as_npz,
    command,
    gray,
    order_of,
    stored,
)
from tests.support.waiting import wait_for

MIB = 2**20


def ingesting(source: Path, target: Path, *options: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [
            *(sys.executable, str(REPOSITORY / "manage.py"), "ingest_volume", str(source)),
            *(str(target), "--resolution", "4", "4", "40", *options),
        ],
        env=child_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_killed_it_goes_on_where_it_was(tmp_path: Path) -> None:
    ids = np.random.default_rng(4).integers(0, 2**63, (64, 24, 24)).astype(np.uint64)
    array = ids.repeat(8, 1).repeat(8, 2)
    source = as_npy(tmp_path, array)
    unfinished = tmp_path / ".v.unfinished"
    options = ("--kind", "segmentation", "--mips", "1")

    def done() -> int:
        journal = unfinished / "done"
        return len(journal.read_text().splitlines()) if journal.exists() else 0

    first = ingesting(source, tmp_path / "v", *options)
    wait_for(lambda: done() >= 1 or first.poll() is not None, "the first block")
    os.kill(first.pid, signal.SIGSTOP)  # so that it cannot end before it is killed
    written = done()
    first.kill()
    first.communicate()
    assert not (tmp_path / "v").exists()
    chunks = {path: path.stat().st_mtime_ns for path in unfinished.glob("volume/4_4_40/*")}
    assert chunks
    with (unfinished / "done").open("a") as journal:
        journal.write("0 9")  # as of a line that broke off
    told = command(source, tmp_path / "v", "--resolution", *NM, *options)
    assert "192×192×64 voxels" in told
    np.testing.assert_array_equal(stored(tmp_path / "v"), array)
    np.testing.assert_array_equal(stored(tmp_path / "v", 1), array[:, ::2, ::2])
    kept = [
        path
        for path, written_at in chunks.items()
        if (tmp_path / "v" / "4_4_40" / path.name).stat().st_mtime_ns == written_at
    ]
    assert len(kept) >= min(written, 1)
    assert not unfinished.exists()


@pytest.mark.parametrize("write", [as_npy, as_npz])
def test_it_may_stop_after_any_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Callable[[Path, Voxels], Path]
) -> None:
    monkeypatch.setattr(ingestion, "BLOCK_BYTES", 100_000)
    array = gray()
    source = write(tmp_path, array)
    order = IngestOrder(source, tmp_path / "v", "image", resolution=NM, chunk=(32, 32, 8), mips=1)
    calls = 0

    def stop_at_each_new_block(done: int, total: int) -> None:
        nonlocal calls
        seen.append(done)
        if len(seen) > len(before):
            raise KeyboardInterrupt

    before: list[int] = []
    while True:
        seen: list[int] = []
        try:
            ingest_volume(order, stop_at_each_new_block)
        except KeyboardInterrupt:
            calls += 1
            before = list(seen)
            continue
        break
    assert calls > 5
    np.testing.assert_array_equal(stored(tmp_path / "v"), array)


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux for the peak of memory")
def test_a_larger_volume_takes_no_more_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first volume leaves the process with what each needs; the second is five times larger."""
    monkeypatch.setattr(ingestion, "BLOCK_BYTES", 4 * MIB)
    peaks = []
    for name, depth in (("small", 16), ("large", 80)):
        shape = (depth, 1024, 512)  # 8 and 40 MiB
        np.lib.format.open_memmap(tmp_path / f"{name}.npy", "w+", np.uint8, shape)
        order = order_of(tmp_path / f"{name}.npy", tmp_path / name, mips=1)
        Path("/proc/self/clear_refs").write_text("5")  # the peak is counted from here
        before = memory("VmRSS")
        ingest_volume(order)
        peaks.append(memory("VmHWM"))
        assert peaks[-1] > before
    assert peaks[1] - peaks[0] < 8 * MIB


def memory(what: str) -> int:
    status = Path("/proc/self/status").read_text()
    found = re.search(rf"{what}:\s+(\d+) kB", status)
    assert found
    return int(found[1]) * 1024
