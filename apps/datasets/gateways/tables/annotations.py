"""Precomputed annotations, as Neuroglancer shows them, as a table.

Each annotation is a row. Its places are nm, whatever the units of the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain, islice
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from apps.datasets.domain.layouts import Unit, Wanted
from apps.datasets.domain.secrets import Credentials
from apps.datasets.domain.tables import RawRows
from apps.datasets.gateways.tables.annotations_decoding import (
    Crossings,
    Piece,
    decode_list,
    decode_singles,
)
from apps.datasets.gateways.tables.annotations_info import Index, Info, Level, parse_info
from apps.datasets.gateways.tables.annotations_store import Store, Stored
from apps.datasets.gateways.tables.arrow_files import ArrowBatch
from apps.datasets.gateways.tables.files import Record, Told, unusable
from apps.datasets.gateways.tables.others import Other, named_once
from apps.datasets.gateways.volumes.addresses import check_place, is_graphene
from apps.voxels.geometry import AXES

ROWS = 1 << 16
_MOST_ASKED = 1 << 20  # cells that are asked for by name where a server lists no files
_LEVELS = "levels="
# What the vectors of each kind are called. The midpoint of a box is its center.
_VECTORS = {
    "POINT": ("center",),
    "LINE": ("a", "b"),
    "AXIS_ALIGNED_BOUNDING_BOX": ("a", "b"),
    "ELLIPSOID": ("center", "radii"),
}
_POINTS = {
    "POINT": {"center": "center"},
    "LINE": {"pre_pt": "a", "post_pt": "b"},
    "AXIS_ALIGNED_BOUNDING_BOX": {"center": "center"},
    "ELLIPSOID": {"center": "center"},
}
_TAKEN = ("id", "chunk", "annotation", "a", "b", "center", "radii")


def open_annotations(address: str, credentials: Credentials | None = None) -> AnnotationTable:
    """The annotations at `precomputed://ADDRESS`, of which `#levels=0,1` names levels to be read.

    Raises TableError, and InvalidInputError for an address from which nothing may be read.
    """
    place, _, chosen = address.partition("#")
    bare = check_place(place, "table").rstrip("/")
    if is_graphene(bare):
        raise unusable(f"{place} is a segmentation, and has no annotations.")
    store = Store(bare, bare.rpartition("/")[2], credentials=credentials)
    info = parse_info(store.info(), store.name)
    if not info.levels and info.by_id is None:
        raise unusable(f"{store.name}/info names neither a spatial index nor an index by id.")
    return AnnotationTable(address, store, info, _chosen_levels(chosen, info, store.name))


def _chosen_levels(chosen: str, info: Info, name: str) -> tuple[int, ...]:
    if not chosen:
        return tuple(range(len(info.levels)))
    numbers = chosen.removeprefix(_LEVELS).split(",")
    if not chosen.startswith(_LEVELS) or not all(number.isdigit() for number in numbers):
        raise unusable(f"{name}: #{chosen} is not #levels= with numbers, as in #levels=0,1.")
    levels = tuple(sorted({int(number) for number in numbers}))
    if levels[-1] >= len(info.levels):
        raise unusable(f"{name}: there is no level {levels[-1]}; there are {len(info.levels)}.")
    return levels


@dataclass(frozen=True)
class AnnotationTable:
    """A folder of annotations."""

    address: str
    store: Store
    info: Info
    levels: tuple[int, ...]
    counted: str = "annotation"

    @property
    def name(self) -> str:
        return self.store.name

    @property
    def told(self) -> Told:
        return Told(self.address, Unit.NM, self.info.resolution, self._mapping())

    @property
    def columns(self) -> tuple[str, ...]:
        names = [f"{point}_{axis}" for point in self._points for axis in AXES]
        return ("id", *names, *self._properties, *self._relationships)

    @property
    def keepable(self) -> tuple[str, ...]:
        """All but relationships, which the index by id alone tells, perhaps with a request each."""
        return named_once(self.columns, self._relationships)

    @property
    def _points(self) -> tuple[str, ...]:
        is_box = self.info.kind == "AXIS_ALIGNED_BOUNDING_BOX"
        return (*_VECTORS[self.info.kind], *(("center",) if is_box else ()))

    @cached_property
    def _properties(self) -> dict[str, str]:
        """The columns of properties, and the id of each in the info file."""
        own = {*_TAKEN, *(f"{point}_{axis}" for point in _TAKEN for axis in AXES)}
        ids = [one.id for one in self.info.properties]
        return {f"{one}_property" if one in own else one: one for one in ids}

    @cached_property
    def _relationships(self) -> dict[str, int]:
        """The columns of relationships, and the place of each in the info file."""
        own = {*_TAKEN, *self._properties}
        own |= {f"{point}_{axis}" for point in _TAKEN for axis in AXES}
        ids = [one.id for one in self.info.relationships]
        return {f"{one}_ids" if one in own else one: place for place, one in enumerate(ids)}

    def _mapping(self) -> dict[str, Any]:
        """What is known without being told: the points, and neurons, scores and sizes by name."""
        points = {
            role: [f"{point}_{axis}" for axis in AXES]
            for role, point in _POINTS[self.info.kind].items()
        }
        mapping: dict[str, Any] = {**points, "id": "id"}
        if self.info.by_id is not None:
            for role, start in (("pre_root_id", "pre"), ("post_root_id", "post")):
                found = [name for name in self._relationships if name.lower().startswith(start)]
                mapping |= {role: found[0]} if len(found) == 1 else {}
        numbers = {one.id for one in self.info.properties if one.count == 1}
        return mapping | {name: name for name in ("score", "size") if name in numbers}

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[AnnotationBatch]:
        """The annotations, from the spatial index; from the one by id where neurons are wanted."""
        wanted = [name for name in self._relationships if name in (columns or ())]
        if wanted and self.info.by_id is None:
            raise unusable(
                f"{self.name}/info names no index by id, which alone would tell {wanted[0]}."
            )
        first = 0
        for pieces in _grouped(self._pieces(by_id=bool(wanted))):
            count = sum(len(piece.ids) for piece in pieces)
            yield self._batch(first, pieces, wanted)
            first += count

    def _pieces(self, *, by_id: bool) -> Iterator[Piece]:
        index = self.info.by_id
        if index is not None and (by_id or not self.info.levels):
            if index.sharding is not None:
                return self._pieces_by_id(index)
            if not self.info.levels:
                return self._pieces_of_files(index)
        spatial = Crossings(self.info, self.name).new(self._spatial())
        if index is None or not by_id:
            return spatial
        return chain.from_iterable(self._with_related(piece, index) for piece in spatial)

    def _spatial(self) -> Iterator[Piece]:
        """All chunks. Chance may leave a level empty, but the finest has all that is left."""
        for number in self.levels:
            level, some = self.info.levels[number], False
            for one in self._chunks(level):
                some = True
                yield decode_list(one.content, self.info, one.name, self.name)
            if not some and number == self.levels[-1]:
                raise unusable(
                    f"{self.name}/{level.key} is the finest level of the spatial index, and nothing"
                    " of it is stored. If the folder is a part of another, name in the address "
                    "which levels are to be read, as in #levels=0."
                )

    def _chunks(self, level: Level) -> Iterator[Stored]:
        if level.sharding is None:
            yield from self._files(level, self._cells(level))
            return
        for shard in self.store.shards(level):
            yield from self.store.read_shard(level, shard) or ()

    def _cells(self, level: Level) -> Iterator[str]:
        """The names of the chunks of a level, in the order of their cells."""
        names = self.store.listed(level.key)
        if names is None:
            count = int(np.prod(level.grid_shape, dtype=np.float64))
            if count > _MOST_ASKED:
                raise unusable(
                    f"{self.name}/{level.key} may have {count:,} chunks, and this server lists "
                    "none; give the address of the bucket (gs:// or s3://)."
                )
            return ("_".join(map(str, cell)) for cell in np.ndindex(*level.grid_shape))
        for name in names:
            parts = name.split("_")
            if len(parts) != 3 or not all(part.isdigit() for part in parts):
                raise unusable(f"{self.name}/{level.key}/{name} is not named as a chunk is.")
            if any(int(n) >= most for n, most in zip(parts, level.grid_shape, strict=True)):
                raise unusable(
                    f"{self.name}/{level.key}/{name} lies outside the grid that info tells, of "
                    f"{' × '.join(map(str, level.grid_shape))} cells."
                )
        return iter(names)

    def _files(self, index: Index, names: Iterator[str]) -> Iterator[Stored]:
        for name, content in self.store.read_many(f"{index.key}/{name}" for name in names):
            if content is not None:
                last = name.rpartition("/")[2]
                yield Stored(name, int(last) if last.isdigit() else 0, content)

    def _pieces_by_id(self, index: Index) -> Iterator[Piece]:
        """All annotations of a sharded index by id, as they lie."""
        some = False
        for shard in self.store.shards(index):
            found = iter(self.store.read_shard(index, shard) or ())
            while group := list(islice(found, ROWS)):
                some = True
                yield decode_singles(group, self.info, f"{index.key}/{shard}", self.name)
        if not some:
            raise unusable(f"{self.name}/{index.key} is the index by id, and holds nothing.")

    def _pieces_of_files(self, index: Index) -> Iterator[Piece]:
        """All annotations of an index by id that has a file for each."""
        names = self.store.listed(index.key)
        if names is None:
            raise unusable(
                f"{self.name}/{index.key} has a file for each annotation, and this server lists "
                "none; give the address of the bucket (gs:// or s3://)."
            )
        for name in names:
            if not name.isdigit():
                raise unusable(f"{self.name}/{index.key}/{name} is not named by an id.")
        found = self._files(index, iter(names))
        while group := list(islice(found, ROWS)):
            yield decode_singles(group, self.info, index.key, self.name)

    def _with_related(self, piece: Piece, index: Index) -> Iterator[Piece]:
        """The same annotations, each with what its file in the index by id says besides."""
        names = (str(one) for one in piece.ids.tolist())
        found = list(self._files(index, names))
        if len(found) < len(piece.ids):
            missing = sorted(set(piece.ids.tolist()) - {one.id for one in found})
            raise unusable(
                f"{self.name}/{index.key}/{missing[0]} is not stored, though {piece.chunk} has an "
                "annotation of this id."
            )
        singles = decode_singles(found, self.info, piece.chunk, self.name)
        other = np.flatnonzero((_as_bytes(singles.records) != _as_bytes(piece.records)).any(axis=1))
        if len(other):
            raise unusable(
                f"{self.name}/{index.key}/{piece.ids[other[0]]} is not the annotation that "
                f"{piece.chunk} has of this id."
            )
        yield replace(piece, related=singles.related)

    def _batch(self, first: int, pieces: list[Piece], wanted: Sequence[str]) -> AnnotationBatch:
        records = np.concatenate([piece.records for piece in pieces])
        columns: dict[str, pa.Array] = {
            "chunk": pa.array(list(chain.from_iterable([p.chunk] * len(p.ids) for p in pieces))),
            "annotation": pa.array(np.concatenate([piece.places for piece in pieces]) + 1),
            "id": pa.array(np.concatenate([piece.ids for piece in pieces])),
        }
        for point, vectors in self._vectors(records).items():
            for axis, values in zip(AXES, vectors.T, strict=True):
                columns[f"{point}_{axis}"] = pa.array(np.ascontiguousarray(values))
        for name, one in self._properties.items():
            columns[name] = _property_column(records[f"property {one}"])
        shown = tuple(columns)
        unread: dict[int, str] = {}
        related = list(chain.from_iterable(piece.related for piece in pieces))
        for name in wanted:
            place = self._relationships[name]
            columns[name] = _related_column([lists[place] for lists in related], name, unread)
        return AnnotationBatch(
            ArrowBatch(self.name, first, pa.RecordBatch.from_pydict(columns)), shown, unread
        )

    def _vectors(self, records: npt.NDArray[np.void]) -> dict[str, npt.NDArray[np.float64]]:
        """The points and radii of annotations in nm, (n, 3) in x, y, z."""
        at = records["at"].astype(np.float64) * np.array(self.info.scale_nm)
        at = at[:, :, list(self.info.axes)]
        found = {name: at[:, place] for place, name in enumerate(_VECTORS[self.info.kind])}
        if self.info.kind == "AXIS_ALIGNED_BOUNDING_BOX":
            found["center"] = at.mean(axis=1)
        return found


def _grouped(pieces: Iterator[Piece]) -> Iterator[list[Piece]]:
    """Small pieces together and large ones parted, so that each group has up to `ROWS` rows."""
    group: list[Piece] = []
    room = ROWS
    for piece in pieces:
        start = 0
        while start < len(piece.ids):
            part = piece.chosen(slice(start, start + room))
            group.append(part)
            start += len(part.ids)
            room -= len(part.ids)
            if room == 0:
                yield group
                group, room = [], ROWS
    if group:
        yield group


def _as_bytes(records: npt.NDArray[np.void]) -> npt.NDArray[np.uint8]:
    """The bytes of each record, (n, bytes)."""
    width = records.dtype.itemsize
    return np.frombuffer(records.tobytes(), np.uint8).reshape(len(records), width)


def _property_column(values: npt.NDArray[Any]) -> pa.Array:
    if values.ndim == 1:
        return pa.array(np.ascontiguousarray(values))
    flat = pa.array(np.ascontiguousarray(values).reshape(-1))
    return pa.FixedSizeListArray.from_arrays(flat, values.shape[1])


def _related_column(
    lists: Sequence[npt.NDArray[np.uint64]], name: str, unread: dict[int, str]
) -> pa.Array:
    """The one id of each list; none where it is empty. Notes in `unread` where there are more."""
    for row, ids in enumerate(lists):
        if len(ids) > 1:
            unread.setdefault(row, f"has {len(ids)} ids of {name}, where one is wanted")
    return pa.array([int(ids[0]) if len(ids) else None for ids in lists], pa.uint64())


@dataclass(frozen=True)
class AnnotationBatch:
    """Some annotations. `shown`: the columns that records give; `unread`: rows that are no rows."""

    arrow: ArrowBatch
    shown: tuple[str, ...]
    unread: Mapping[int, str]

    @property
    def first(self) -> int:
        return self.arrow.first

    @property
    def count(self) -> int:
        return self.arrow.count

    @property
    def recorded(self) -> tuple[str, ...]:
        return self.shown

    def rows(self, wanted: Sequence[Wanted]) -> RawRows:
        return replace(self.arrow.rows(wanted), unread=self.unread)

    def others(self, names: Sequence[str]) -> list[Other]:
        return self.arrow.others(names)

    def records(self, places: Sequence[int]) -> list[Record]:
        shown = replace(self.arrow, table=self.arrow.table.select(list(self.shown)))
        return shown.records(places)
