"""Outcomes as a layer of annotations: a line from the presynaptic to the postsynaptic point each.

Places are in voxels of the campaign's table, x, y, z, a voxel's middle half a voxel on, as
Neuroglancer counts. Where a point is missing the line begins or ends at the centre; where both are,
it is the centre alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from apps.datasets.domain.viewer_state import Triple
from apps.exports.domain.annotation_words import MOST_VOTES, NOT_KNOWN, POST, PRE, STATES, VERDICTS

Rows = npt.NDArray[np.void]
UInt64s = npt.NDArray[np.uint64]
UInt32s = npt.NDArray[np.uint32]

_A_PIECE = 1 << 16  # ids; hashing takes some times their room
# A row of a layer: `at` are both ends of its line, (2, 3) in x, y, z. Segment 0 is none.
ROW = np.dtype(
    [
        ("id", "<u8"),
        ("at", "<f4", (2, 3)),
        ("p_correct", "<f4"),
        ("votes", "<u2"),
        ("verdict", "u1"),
        ("state", "u1"),
        (PRE, "<u8"),
        (POST, "<u8"),
    ]
)


@dataclass(frozen=True)
class Line:
    """An instance as a line between two places."""

    id: int
    a: Triple
    b: Triple
    p_correct: float | None
    votes: int
    verdict: str | None
    state: str
    pre_segment: int | None
    post_segment: int | None


def rows_of(lines: Sequence[Line]) -> Rows:
    """The rows of some lines, (n,) of `ROW`."""
    rows = np.zeros(len(lines), ROW)
    for row, line in zip(rows, lines, strict=True):
        row["id"] = line.id
        row["at"] = (line.a, line.b)
        row["p_correct"] = NOT_KNOWN if line.p_correct is None else line.p_correct
        row["votes"] = min(line.votes, MOST_VOTES)
        row["verdict"] = VERDICTS.index(line.verdict or VERDICTS[0])
        row["state"] = STATES.index(line.state)
        row[PRE] = line.pre_segment or 0
        row[POST] = line.post_segment or 0
    return rows


def bounds_of(rows: Rows) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The lowest and the highest corner of all lines, (3,) each; nought where there are none."""
    if not len(rows):
        return np.zeros(3), np.zeros(3)
    at = rows["at"]
    low, high = at.min(axis=(0, 1)), at.max(axis=(0, 1))
    return low.astype(np.float64), high.astype(np.float64)


def murmur(ids: UInt64s) -> UInt64s:
    """The first 64 bits of MurmurHash3_x86_128 of each id: they say in which shard it is."""
    hashes = np.empty_like(ids)
    for first in range(0, len(ids), _A_PIECE):
        hashes[first : first + _A_PIECE] = _murmur(ids[first : first + _A_PIECE])
    return hashes


def _murmur(ids: UInt64s) -> UInt64s:
    k1 = (ids & np.uint64(0xFFFFFFFF)).astype(np.uint32)
    k2 = (ids >> np.uint64(32)).astype(np.uint32)
    h1 = _rotated(k1 * np.uint32(0x239B961B), 15) * np.uint32(0xAB0E9789)
    h2 = _rotated(k2 * np.uint32(0xAB0E9789), 16) * np.uint32(0x38B34AE5)
    size = np.uint32(8)  # bytes of an id
    parts = [h1 ^ size, h2 ^ size, np.full_like(k1, size), np.full_like(k1, size)]
    parts = [_mixed(part) for part in _summed(parts)]
    low, high, *_ = _summed(parts)
    return low.astype(np.uint64) | high.astype(np.uint64) << np.uint64(32)


def _rotated(value: UInt32s, bits: int) -> UInt32s:
    return value << np.uint32(bits) | value >> np.uint32(32 - bits)


def _summed(parts: Sequence[UInt32s]) -> list[UInt32s]:
    first = parts[0] + parts[1] + parts[2] + parts[3]
    return [first, *(part + first for part in parts[1:])]


def _mixed(value: UInt32s) -> UInt32s:
    value = (value ^ value >> np.uint32(16)) * np.uint32(0x85EBCA6B)
    value = (value ^ value >> np.uint32(13)) * np.uint32(0xC2B2AE35)
    return value ^ value >> np.uint32(16)
