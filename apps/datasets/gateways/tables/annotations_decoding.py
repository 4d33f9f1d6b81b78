"""Bytes of precomputed annotations as arrays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from apps.datasets.gateways.tables.annotations_info import Info, Level
from apps.datasets.gateways.tables.annotations_store import Stored
from apps.datasets.gateways.tables.files import unusable

Records = npt.NDArray[np.void]
UInt64s = npt.NDArray[np.uint64]
Mask = npt.NDArray[np.bool_]
_COUNT = 8  # bytes, of a list of annotations
_ID = 8


@dataclass(frozen=True)
class Piece:
    """Annotations that are stored together.

    chunk: the name of where they lie. records: (n,) of `Info.record`. ids: (n,) uint64.
    places: (n,) int64, their places in the chunk, from 0. related: of each relationship that is
    read, which ids each annotation has; empty for what comes from a spatial index.
    """

    chunk: str
    records: Records
    ids: UInt64s
    places: npt.NDArray[np.int64]
    related: tuple[tuple[UInt64s, ...], ...] = ()

    def chosen(self, which: Mask | slice) -> Piece:
        """Some of them; those that come from a spatial index."""
        return replace(
            self,
            records=self.records[which],
            ids=self.ids[which],
            places=self.places[which],
            related=self.related[which] if isinstance(which, slice) else self.related,
        )


def decode_list(content: bytes, info: Info, chunk: str, folder: str) -> Piece:
    """A chunk of the spatial index: a count, so many records, so many ids.

    Raises TableError naming the chunk and the byte where it is not so.
    """
    size = len(content)
    if size < _COUNT:
        raise unusable(f"{folder}/{chunk} ends at byte {size}, within its count of annotations.")
    count = int.from_bytes(content[:_COUNT], "little")
    width = info.record.itemsize
    needed = _COUNT + count * (width + _ID)
    if size != needed:
        raise unusable(
            f"{folder}/{chunk} says that it holds {count:,} annotations, which take {needed:,} "
            f"bytes, {width} for each and {_ID} for its id; "
            + (
                f"it ends at byte {size:,}, {_where_it_ends(size, count, width)}."
                if size < needed
                else f"it has {size:,} bytes."
            )
        )
    records = np.frombuffer(content, info.record, count, _COUNT)
    ids = np.frombuffer(content, "<u8", count, _COUNT + count * width)
    piece = Piece(chunk, records, ids, np.arange(count))
    _check_within(piece, info, folder)
    return piece


def _where_it_ends(size: int, count: int, width: int) -> str:
    inside = (size - _COUNT) // width
    if inside < count:
        return f"within annotation {inside + 1:,}"
    return f"within the id of annotation {(size - _COUNT - count * width) // _ID + 1:,}"


def decode_singles(found: Iterable[Stored], info: Info, chunk: str, folder: str) -> Piece:
    """Annotations of the index by id, each a record and its lists of related ids.

    Raises TableError naming the annotation and the byte where it is not so.
    """
    records, ids, related = bytearray(), [], []
    for one in found:
        records += one.content[: info.record.itemsize]
        ids.append(one.id)
        related.append(_related(one, info, folder))
    piece = Piece(
        chunk,
        np.frombuffer(bytes(records), info.record),
        np.array(ids, np.uint64),
        np.arange(len(ids)),
        tuple(related),
    )
    _check_within(piece, info, folder)
    return piece


def _related(one: Stored, info: Info, folder: str) -> tuple[UInt64s, ...]:
    content, at = one.content, info.record.itemsize
    if len(content) < at:
        raise unusable(
            f"{folder}/{one.name} ends at byte {len(content)}; an annotation takes {at} bytes."
        )
    lists = []
    for relationship in info.relationships:
        count = int.from_bytes(content[at : at + 4], "little")
        if len(content) < at + 4 + 8 * count:
            raise unusable(
                f"{folder}/{one.name} ends at byte {len(content)}, within its list of "
                f"{relationship.id}, which begins at byte {at}."
            )
        lists.append(np.frombuffer(content, "<u8", count, at + 4))
        at += 4 + 8 * count
    if at != len(content):
        raise unusable(
            f"{folder}/{one.name} has {len(content)} bytes, of which info explains {at}."
        )
    return tuple(lists)


def _check_within(piece: Piece, info: Info, folder: str) -> None:
    """Refuse annotations outside the bounds that the info tells: it, or the chunk, is not true."""
    if not info.is_bounded:
        return
    low, high = _extent(piece.records, info)
    lower, upper = np.array(info.lower), np.array(info.upper)
    spare = _rounding(info)
    beyond = ((high < lower - spare) | (low > upper + spare)).any(axis=1)
    if beyond.any():
        first = int(np.flatnonzero(beyond)[0])
        at = tuple(float(value) for value in piece.records["at"][first][0])
        raise unusable(
            f"{folder}/{piece.chunk}, annotation {piece.places[first] + 1} (id {piece.ids[first]}) "
            f"is at {at}, outside the bounds that info tells, {info.lower} to {info.upper}."
        )


def _extent(records: Records, info: Info) -> tuple[npt.NDArray[np.float64], ...]:
    """The lowest and the highest corner of each, (n, 3) with axes as in the file."""
    at = records["at"].astype(np.float64)
    if info.kind == "ELLIPSOID":
        return at[:, 0] - at[:, 1], at[:, 0] + at[:, 1]
    return at.min(axis=1), at.max(axis=1)


def _rounding(info: Info) -> npt.NDArray[np.float64]:
    """How far a float32 may lie from the number that was meant, along each axis."""
    largest = np.maximum(np.abs(info.lower), np.abs(info.upper)).astype(np.float32)
    return 2.0 * np.spacing(np.maximum(largest, np.float32(1))).astype(np.float64)


class Crossings:
    """Tells annotations that lie in several cells apart from those that were already met.

    An annotation that lies in one cell of the finest level is stored once. One that reaches over a
    border may be stored in each cell that it touches; only these are remembered, by id, with
    64 bits of what they have: there may be many, of many properties.
    """

    def __init__(self, info: Info, folder: str) -> None:
        self._info, self._folder = info, folder
        self._finest: Level | None = max(
            info.levels, key=lambda level: np.prod(level.grid_shape), default=None
        )
        self._met: dict[int, int] = {}  # ids, and a hash of what each has

    def new(self, pieces: Iterator[Piece]) -> Iterator[Piece]:
        """The annotations that were not met before.

        Raises TableError where an id comes again with other values.
        """
        for piece in pieces:
            crossing = self._crosses(piece.records)
            again = np.zeros(len(piece.ids), dtype=np.bool_)
            for row in np.flatnonzero(crossing).tolist():
                again[row] = self._was_met(piece, row)
            yield piece.chosen(~again) if again.any() else piece

    def _crosses(self, records: Records) -> Mask:
        if self._finest is None or np.prod(self._finest.grid_shape) == 1:
            return np.zeros(len(records), dtype=np.bool_)
        low, high = _extent(records, self._info)
        spare = _rounding(self._info)
        size = np.maximum(np.array(self._finest.chunk_size), np.finfo(np.float64).tiny)
        cells = [np.floor((at - self._info.lower) / size) for at in (low - spare, high + spare)]
        return np.asarray((cells[0] != cells[1]).any(axis=1), dtype=np.bool_)

    def _was_met(self, piece: Piece, row: int) -> bool:
        one = int(piece.ids[row])
        content = hash(piece.records[row].tobytes())
        before = self._met.get(one)
        if before is None:
            self._met[one] = content
            return False
        if before != content:
            raise unusable(
                f"{self._folder}/{piece.chunk}, annotation {piece.places[row] + 1} has the id "
                f"{one}, which another annotation has already."
            )
        return True
