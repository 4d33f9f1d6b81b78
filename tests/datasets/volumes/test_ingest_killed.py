"""Ingesting is killed and goes on; it takes no more memory for a larger volume."""

from __future__ import annotations

import os
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
from tests.datasets.volumes.test_ingest import NM, Voxels, as_npy, as_npz, gray, stored
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
    told = ingesting(source, tmp_path / "v", *options)
    output, errors = told.communicate(timeout=60)
    assert told.returncode == 0, errors
    assert b"192\xc3\x97192\xc3\x9764 voxels" in output
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


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak of memory from /proc")
def test_a_larger_volume_takes_no_more_memory(tmp_path: Path) -> None:
    """In one process: what the larger one needs beyond the smaller one would raise the peak."""
    for name, depth in (("small", 48), ("large", 128)):
        shape = (depth, 1024, 512)  # 24 and 64 MiB, in blocks of 16
        np.lib.format.open_memmap(tmp_path / f"{name}.npy", "w+", np.uint8, shape)
    program = """
import re, sys, django
django.setup()
from pathlib import Path
from apps.datasets.services.ingestion import IngestOrder, ingest_volume
for name in ("small", "large"):
    folder = Path(sys.argv[1])
    order = IngestOrder(folder / f"{name}.npy", folder / name, "image", resolution=(4, 4, 40))
    ingest_volume(order)
    print(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
"""
    ended = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        cwd=REPOSITORY,
        env=child_environment(DJANGO_SETTINGS_MODULE="synanno_server.settings"),
        capture_output=True,
        text=True,
        check=True,
    )
    small, large = (int(line) * 1024 for line in ended.stdout.split())
    assert small > 16 * MIB
    assert large - small < 16 * MIB
