"""Masks as run lengths: how a slice travels as JSON, voxel for voxel.

A plane is `height × width` bytes, row by row, each 0 (background) or 1 (cleft). Its runs are the
lengths of equal bytes in a row, beginning with background, whose first run may be 0. Plain bytes
and no arrays, for the web process does without numpy.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle

_VALUES = (b"\0", b"\1")


class RunsError(ValueError):
    """Runs that are no mask of the size that is wanted; the message says why."""


def plane_of_runs(runs: Sequence[int], width: int, height: int) -> bytes:
    """The plane of runs that fill exactly `width × height` voxels.

    Raises RunsError, before anything is made of them.
    """
    check_runs(runs, width, height)
    return b"".join(value * length for value, length in zip(cycle(_VALUES), runs, strict=False))


def check_runs(runs: Sequence[int], width: int, height: int) -> None:
    """Raises RunsError where they are not whole numbers that fill the slice."""
    for place, length in enumerate(runs):
        if type(length) is not int:
            raise RunsError(f"number {place} of them, {length!r:.40}, is no whole number")
        if length < 0:
            raise RunsError(f"number {place} of them is {length}; a length cannot be negative")
        if length == 0 and place > 0:
            raise RunsError(f"number {place} of them is 0; only the first may be")
    filled = sum(runs)
    if filled != width * height:
        raise RunsError(
            f"they fill {filled:,} voxels, and the slice has {width}×{height}, "
            f"which are {width * height:,}"
        )


def runs_of_plane(plane: bytes) -> list[int]:
    """The runs of a plane; the shortest there are."""
    runs, at, value = [], 0, 0
    while at < len(plane):
        end = plane.find(_VALUES[1 - value], at)
        end = len(plane) if end < 0 else end
        runs.append(end - at)
        at, value = end, 1 - value
    return runs
