"""A volume that is being written, block by block, and can be gone on with after a sudden end.

While it is written, it lies in a hidden folder beside its place, with the plan it follows and a
list of the blocks that are there. When all are, it is renamed: a volume under its name is whole.
"""

from __future__ import annotations

import fcntl
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from cloudvolume import CloudVolume

from apps.core.errors import ConflictError, InvalidInputError
from apps.voxels.geometry import Box, Point
from apps.voxels.pyramids import Kind, Level

Voxels = npt.NDArray[np.generic]

ENCODINGS: Mapping[str, Sequence[str]] = {
    "image": ("raw", "jpeg", "png"),
    "segmentation": ("compressed_segmentation", "compresso", "raw"),
}
JPEG_QUALITY = 90
_PLAN_OF_A_VOLUME = "ingest.json"  # kept with it, to know it again


class IngestTarget:
    """The volume that is to lie at `folder`, made by `plan` (anything that JSON can hold)."""

    def __init__(self, folder: Path, plan: Mapping[str, Any]) -> None:
        self.folder = folder.absolute()
        self._work = self.folder.with_name(f".{self.folder.name}.unfinished")
        self._plan = plan
        self._volumes: dict[int, Any] = {}

    @property
    def address(self) -> str:
        return f"precomputed://file://{self.folder}"

    def is_finished(self) -> bool:
        """Whether the volume is there, made by this very plan."""
        made_by = self.folder / _PLAN_OF_A_VOLUME
        return made_by.exists() and self._is_plan(made_by)

    def _is_plan(self, path: Path) -> bool:
        return bool(json.loads(path.read_text("utf-8")) == json.loads(json.dumps(self._plan)))

    @property
    def spool(self) -> Path:
        """A file for what is unpacked in passing."""
        return self._work / "spool"

    def begin(self, info: Mapping[str, Any]) -> None:
        """Take the place, or go on with what the same plan has begun.

        Raises InvalidInputError where something else lies there, and ConflictError where another
        process is at it.
        """
        if self.folder.exists():
            raise InvalidInputError(
                f"target: {self.folder} exists already; remove it, or name another folder.",
                field="target",
            )
        self._work.mkdir(parents=True, exist_ok=True)
        self._lock()
        plan = self._work / "plan.json"
        if plan.exists() and not self._is_plan(plan):
            raise InvalidInputError(
                f"target: {self._work} holds an unfinished volume of another source, or with other "
                "options; remove it, or go on with the same command.",
                field="target",
            )
        if not plan.exists():
            self._open_journal_anew()
            (self._work / "volume").mkdir(exist_ok=True)
            (self._work / "volume" / "info").write_text(json.dumps(info), "utf-8")
            _write_whole(plan, json.dumps(self._plan))
        self._journal = (self._work / "done").open("a", encoding="utf-8")

    def _lock(self) -> None:
        """Held until the process ends, however it ends."""
        self._held = (self._work / "lock").open("w")
        try:
            fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ConflictError(
                f"target: another process is writing {self.folder} now.", field="target"
            ) from error

    def _open_journal_anew(self) -> None:
        (self._work / "done").write_text("", "utf-8")

    def written(self) -> set[tuple[int, int]]:
        """Mip and number of each block that is there; a line that broke off does not count."""
        lines = (self._work / "done").read_text("utf-8").splitlines(keepends=True)
        pairs = (line.split() for line in lines if line.endswith("\n"))
        return {(int(pair[0]), int(pair[1])) for pair in pairs if len(pair) == 2}

    def write(self, mip: int, number: int, box: Box, array: Voxels) -> None:
        """Write a block `(z, y, x)` of whole chunks, and note that it is there."""
        self._volume(mip)[_slices(box)] = array.transpose(2, 1, 0)
        self._journal.write(f"{mip} {number}\n")
        self._journal.flush()

    def read(self, mip: int, box: Box) -> Voxels:
        """What was written, as `(z, y, x)`."""
        return np.asarray(self._volume(mip)[_slices(box)])[..., 0].transpose(2, 1, 0)

    def _volume(self, mip: int) -> Any:
        if mip not in self._volumes:
            self._volumes[mip] = CloudVolume(
                f"precomputed://file://{self._work / 'volume'}",
                mip=mip,
                progress=False,
                bounded=True,
                fill_missing=False,
                delete_black_uploads=False,
            )
        return self._volumes[mip]

    def finish(self) -> None:
        """Give the volume its name."""
        plan = self._work / "volume" / _PLAN_OF_A_VOLUME
        plan.write_text(json.dumps(self._plan), "utf-8")
        (self._work / "volume").rename(self.folder)
        self.forget()

    def forget(self) -> None:
        """Remove what is unfinished."""
        self._journal.close()
        shutil.rmtree(self._work)
        self._held.close()


def _write_whole(path: Path, text: str) -> None:
    """So that a plan that can be read was written to its end."""
    draft = path.with_name(f"{path.name}.draft")
    draft.write_text(text, "utf-8")
    draft.rename(path)


def _slices(box: Box) -> tuple[slice, ...]:
    return tuple(slice(lo, hi) for lo, hi in zip(box.lo, box.hi, strict=True))


def make_info(
    levels: Sequence[Level], kind: Kind, dtype: str, encoding: str, chunk: Point
) -> dict[str, Any]:
    """The info file of a volume of one channel."""
    return {
        "@type": "neuroglancer_multiscale_volume",
        "type": kind,
        "data_type": dtype,
        "num_channels": 1,
        "scales": [_scale(level, encoding, chunk) for level in levels],
    }


def _scale(level: Level, encoding: str, chunk: Point) -> dict[str, Any]:
    scale: dict[str, Any] = {
        "key": "_".join(f"{size:g}" for size in level.resolution),
        "resolution": list(level.resolution),
        "size": list(level.bounds.size),
        "voxel_offset": list(level.bounds.lo),
        "chunk_sizes": [list(chunk)],
        "encoding": encoding,
    }
    if encoding == "compressed_segmentation":
        scale["compressed_segmentation_block_size"] = [8, 8, 8]
    if encoding == "jpeg":
        scale["jpeg_quality"] = JPEG_QUALITY
    return scale
