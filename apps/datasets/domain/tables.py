"""Rows of synapse tables: what is read of them, and what may be loaded.

Points are in physical order x, y, z.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from functools import partial

import numpy as np
import numpy.typing as npt

from apps.datasets.domain.layouts import Layout, PointColumns, Unit
from apps.voxels.cutouts import Grid
from apps.voxels.geometry import Box, Point, Resolution
from apps.voxels.morton import morton_codes

Int64s = npt.NDArray[np.int64]
UInt64s = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

MISSING = "the value is missing"
LEAST_VOXEL, MOST_VOXEL = -(2**31), 2**31 - 2  # a box reaches one voxel beyond
_LARGEST_SIZE = 2.0**62
# A place so little below the border of two voxels lies in the upper one: products of decimals,
# such as 4.4 nm times a voxel, miss the border by less.
_BORDER = 1e-6


@dataclass(frozen=True)
class Column:
    """The values of one column in a batch of n rows.

    values: (n,) int64, uint64 or float64; 0 where there is none. missing: (n,) bool.
    faults: why the value of a row cannot be read, by the row's place in the batch.
    """

    values: npt.NDArray[np.generic]
    missing: Mask
    faults: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RawRows:
    """A batch as it was read; a column of lists has three columns here, all others have one.

    `unread` holds rows that are no rows, with the reason.
    """

    first: int  # the number of the first row in the file, from 0
    count: int
    columns: Mapping[str, tuple[Column, ...]]
    unread: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Refusal:
    """Why a row is not loaded; `row` is its place in the batch. `column` may be empty."""

    row: int
    column: str
    reason: str
    is_place: bool = False

    def sentence(self, where: str) -> str:
        """The refusal for a person; `where` names file and row."""
        if not self.column:
            return f"{where} {self.reason}."
        if self.is_place:
            return f"{where}, {self.column} {self.reason}."
        return f"{where}, column {self.column}: {self.reason}."


@dataclass(frozen=True)
class Rows:
    """Rows that may be loaded.

    numbers: (m,) int64, from 0 in the file. source_ids: (m,) int64. center, pre_pt, post_pt:
    (m, 3) int32-sized int64 in voxels of the table, with `has_pre_pt` and `has_post_pt` (m,).
    Root ids: (m,) uint64. score: (m,) float64. size: (m,) int64. place: (m,) int64, the Z-order of
    the centre. A mask `has_…` says where there is a value.
    """

    numbers: Int64s
    source_ids: Int64s
    center: Int64s
    pre_pt: Int64s
    has_pre_pt: Mask
    post_pt: Int64s
    has_post_pt: Mask
    pre_root_id: UInt64s
    has_pre_root_id: Mask
    post_root_id: UInt64s
    has_post_root_id: Mask
    score: Floats
    has_score: Mask
    size: Int64s
    has_size: Mask
    place: Int64s

    def __len__(self) -> int:
        return len(self.numbers)

    def chosen(self, which: Mask | Int64s) -> Rows:
        """Some of the rows, or all in another order; a mask or places."""
        if which.dtype == np.bool_ and which.all():
            return self
        return Rows(*(getattr(self, one.name)[which] for one in fields(self)))

    def by_place(self) -> Rows:
        """The same rows, neighbours after each other."""
        return self.chosen(np.argsort(self.place, kind="stable"))


@dataclass(frozen=True)
class Frame:
    """What the coordinates of a table mean, and where they must lie."""

    unit: Unit
    resolution: Resolution
    cleft: Grid
    image: Grid


@dataclass
class Findings:
    """Which rows of a batch are refused, each for the first reason found."""

    count: int
    refused: Mask = field(init=False)
    _found: list[tuple[int, Callable[[int], Refusal]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.refused = np.zeros(self.count, dtype=np.bool_)

    def refuse(
        self, rows: Mask, column: str, reason: Callable[[int], str], *, is_place: bool = False
    ) -> None:
        """Refuse the rows of a mask that are not refused already."""

        def refusal(row: int) -> Refusal:
            return Refusal(row, column, reason(row), is_place)

        new = np.flatnonzero(rows & ~self.refused)
        self.refused[new] = True
        self._found += ((row, refusal) for row in new.tolist())

    def told(self, most: int) -> list[Refusal]:
        """The first `most` rows that are refused, in their order, with the reasons."""
        first = sorted(self._found, key=lambda one: one[0])[:most]
        return [refusal(row) for row, refusal in first]

    def refuse_faults(self, faults: Mapping[int, str], column: str) -> None:
        """Refuse the rows whose value cannot be read."""
        if faults:
            rows = np.zeros(self.count, dtype=np.bool_)
            rows[list(faults)] = True
            self.refuse(rows, column, faults.__getitem__)


def check_rows(raw: RawRows, layout: Layout, frame: Frame) -> tuple[Rows, Findings]:
    """Part the rows of a batch into those that may be loaded and those that are refused."""
    findings = Findings(raw.count)
    findings.refuse_faults(raw.unread, "")
    for name, columns in raw.columns.items():
        for column in columns:
            findings.refuse_faults(column.faults, name)
    pre_pt, has_pre_pt = _voxels(raw, layout.pre_pt, frame, findings)
    post_pt, has_post_pt = _voxels(raw, layout.post_pt, frame, findings)
    if layout.center is not None:
        center, label = _voxels(raw, layout.center, frame, findings)[0], layout.center.label
    else:
        center, label = (pre_pt + post_pt) // 2, "the midpoint of pre_pt and post_pt"
    everywhere = np.ones(raw.count, dtype=np.bool_)
    inside = partial(_check_inside, frame=frame, findings=findings)
    inside(label, center, everywhere, "cleft")
    inside("pre_pt", pre_pt, has_pre_pt, "cleft")
    inside("post_pt", post_pt, has_post_pt, "cleft")
    inside(label, center, everywhere, "image")
    pre_root_id, has_pre_root_id = _ids(raw, layout.pre_root_id)
    post_root_id, has_post_root_id = _ids(raw, layout.post_root_id)
    score, has_score = _numbers(raw, layout.score)
    size, has_size = _sizes(raw, layout.size, findings)
    numbers = np.arange(raw.first, raw.first + raw.count, dtype=np.int64)
    rows = Rows(
        numbers=numbers,
        source_ids=numbers if layout.id is None else _whole(raw, layout.id),
        center=center,
        pre_pt=pre_pt,
        has_pre_pt=has_pre_pt,
        post_pt=post_pt,
        has_post_pt=has_post_pt,
        pre_root_id=pre_root_id,
        has_pre_root_id=has_pre_root_id,
        post_root_id=post_root_id,
        has_post_root_id=has_post_root_id,
        score=score,
        has_score=has_score,
        size=size,
        has_size=has_size,
        place=morton_codes(center),
    )
    return rows.chosen(~findings.refused), findings


def _voxels(
    raw: RawRows, columns: PointColumns | None, frame: Frame, findings: Findings
) -> tuple[Int64s, Mask]:
    """A point of each row, (n, 3) int64 in voxels, and (n,) whether it is there.

    Refuses points of which a part is missing or that no voxel can hold.
    """
    if columns is None:
        nothing = np.zeros((raw.count, 3), dtype=np.int64)
        return nothing, np.zeros(raw.count, dtype=np.bool_)
    axes = [column for name in columns.names for column in raw.columns[name]]
    names = columns.names * (1 if len(columns.names) == 3 else 3)
    absent = np.stack([axis.missing for axis in axes], axis=1)
    for name, axis in zip(names, axes, strict=True):
        findings.refuse(axis.missing & ~absent.all(axis=1), name, lambda _: MISSING)
    voxels = np.zeros((raw.count, 3), dtype=np.int64)
    for place, (name, axis) in enumerate(zip(names, axes, strict=True)):
        voxels[:, place] = _along_axis(name, axis, frame, place, findings)
    return voxels, np.logical_not(absent.any(axis=1))


def _along_axis(name: str, axis: Column, frame: Frame, place: int, findings: Findings) -> Int64s:
    """One coordinate in voxels: of nm, the voxel that holds the place."""
    if frame.unit is Unit.VOXELS:
        return axis.values.astype(np.int64, copy=False)
    nm = axis.values.astype(np.float64, copy=False)
    at = np.floor(nm / tuple(frame.resolution)[place] + _BORDER)
    beyond = ~((at >= LEAST_VOXEL) & (at <= MOST_VOXEL))
    findings.refuse(beyond, name, lambda row: f"{nm[row]:g} nm is out of range")
    return np.where(beyond, 0, at).astype(np.int64)


def _check_inside(
    label: str, points: Int64s, has: Mask, volume: str, *, frame: Frame, findings: Findings
) -> None:
    """Refuse the rows whose point lies outside a volume: the middle of its voxel counts."""
    grid = frame.cleft if volume == "cleft" else frame.image
    scale = frame.resolution.scale_to(grid.resolution)
    extremes = np.stack([points.min(axis=0), points.max(axis=0)])
    if _are_inside(extremes, scale, grid.bounds).all():
        return
    inside = _are_inside(points, scale, grid.bounds)
    lo, hi = (_told_corner(edge, scale) for edge in (grid.bounds.lo, grid.bounds.hi))

    def reason(row: int) -> str:
        return (
            f"{tuple(points[row].tolist())} lies outside the {volume} volume, which spans {lo} "
            f"to {hi} in voxels of the table"
        )

    findings.refuse(has & ~inside, label, reason, is_place=True)


def _are_inside(points: Int64s, scale: tuple[float, float, float], bounds: Box) -> Mask:
    at = (points + 0.5) * np.array(scale)
    inside = (at >= np.array(bounds.lo)) & (at < np.array(bounds.hi))
    return np.asarray(inside.all(axis=1), dtype=np.bool_)


def _told_corner(edge: Point, scale: tuple[float, float, float]) -> tuple[float, ...]:
    """A corner of a volume in voxels of the table, as it is told to people."""
    return tuple(
        round(at / s, 1) if at % s else int(at / s) for at, s in zip(edge, scale, strict=True)
    )


def _whole(raw: RawRows, name: str) -> Int64s:
    return raw.columns[name][0].values.astype(np.int64, copy=False)


def _ids(raw: RawRows, name: str | None) -> tuple[UInt64s, Mask]:
    if name is None:
        return np.zeros(raw.count, dtype=np.uint64), np.zeros(raw.count, dtype=np.bool_)
    column = raw.columns[name][0]
    return column.values.astype(np.uint64, copy=False), ~column.missing


def _numbers(raw: RawRows, name: str | None) -> tuple[Floats, Mask]:
    if name is None:
        return np.zeros(raw.count), np.zeros(raw.count, dtype=np.bool_)
    column = raw.columns[name][0]
    return column.values.astype(np.float64, copy=False), ~column.missing


def _sizes(raw: RawRows, name: str | None, findings: Findings) -> tuple[Int64s, Mask]:
    """Sizes as whole numbers, the nearest."""
    sizes, has = _numbers(raw, name)
    beyond = has & (np.abs(sizes) > _LARGEST_SIZE)
    findings.refuse(beyond, name or "", lambda row: f"{sizes[row]:g} is out of range")
    return np.rint(np.where(has & ~beyond, sizes, 0)).astype(np.int64), has
