"""Turn files of arrays into precomputed volumes, in bounded memory, a block at a time.

The finest mip is read from the file, each coarser one from the one before it. A block that was
written is not written again: after a sudden end the same order goes on where it stopped.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from apps.core.errors import InvalidInputError
from apps.datasets.gateways.ingest_target import ENCODINGS, IngestTarget, make_info
from apps.datasets.gateways.sources import (
    ArraySource,
    Facts,
    SlicedSource,
    cremi_layout,
    open_source,
)
from apps.voxels.conversion import ConversionError, Window, convert, stored_dtype
from apps.voxels.geometry import AXES, AxisOrder, Box, GeometryError, Point, Resolution
from apps.voxels.pyramids import (
    Kind,
    Level,
    block_shape,
    blocks,
    coarsen,
    finer_box,
    plan_levels,
)

BLOCK_BYTES = 16 * 2**20
MOST_MIPS = 12
LARGEST_CHUNK_VOXELS = 2**24
# What CREMI writes where there is no label: background, "do not judge", outside.
CREMI_BACKGROUND = (2**64 - 1, 2**64 - 2, 2**64 - 3)

# Called with the voxels that are written, and those that will be in the end.
OnProgress = Callable[[int, int], None]


@dataclass(frozen=True)
class IngestOrder:
    """What is to become of a file.

    resolution (nm) and offset (voxels): x, y, z; None takes what the file says. axis_order: which
    physical axis each axis of the array holds. window: the values that become black and white.
    background: labels that become 0. mips: coarser copies; None for as many as are useful.
    keeps_finished: a target that this order has made is left as it is, and not refused.
    """

    source: Path
    target: Path
    kind: Kind
    dataset: str | None = None
    resolution: Sequence[float] | None = None
    offset: Sequence[int] | None = None
    axis_order: str = "zyx"
    encoding: str | None = None
    chunk: Sequence[int] = (64, 64, 16)
    mips: int | None = None
    window: Window | None = None
    background: Sequence[int] = ()
    keeps_finished: bool = False


@dataclass(frozen=True)
class Ingested:
    """A volume that was written."""

    address: str
    dtype: str
    levels: Sequence[Level]


@dataclass(frozen=True)
class _Plan:
    order: AxisOrder
    levels: Sequence[Level]
    kind: Kind
    encoding: str
    dtype: np.dtype[np.generic]
    chunk: Point
    window: Window | None
    background: Sequence[int]


def cremi_orders(order: IngestOrder) -> list[IngestOrder]:
    """An order for each volume in a file of CREMI, in folders of the target; else none."""
    if order.dataset is not None:
        return []
    return [
        replace(
            order,
            target=order.target / name,
            dataset=dataset,
            kind="image" if name == "image" else "segmentation",
            encoding=order.encoding if name == "image" else None,
            window=order.window if name == "image" else None,
            keeps_finished=True,
            background=() if name == "image" else (*order.background, *CREMI_BACKGROUND),
        )
        for name, dataset in cremi_layout(order.source).items()
    ]


def ingest_volume(order: IngestOrder, on_progress: OnProgress = lambda *_: None) -> Ingested:
    """Write the volume, or go on with writing it.

    Raises InvalidInputError for what cannot be stored, and ConflictError where another process
    is writing it. Nothing then lies at the target.
    """
    source = open_source(order.source, order.dataset)
    try:
        plan = _plan(order, source.facts)
        target = IngestTarget(order.target, _written_plan(plan, source.facts))
        if order.keeps_finished and target.is_finished():
            return Ingested(target.address, plan.dtype.name, plan.levels)
        target.begin(make_info(plan.levels, plan.kind, plan.dtype.name, plan.encoding, plan.chunk))
        if isinstance(source, SlicedSource):
            source.spool = target.spool
        try:
            _write_all(source, plan, target, on_progress)
        except ConversionError as error:
            target.forget()  # there is nothing to go on with
            raise _refused("source", f"{order.source.name}: {error}") from error
        target.finish()
        return Ingested(target.address, plan.dtype.name, plan.levels)
    finally:
        source.close()


def _written_plan(plan: _Plan, facts: Facts) -> dict[str, object]:
    """All that makes up the volume: an order that differs in any of it is another one."""
    return {
        "source": facts.identity,
        "array": [list(facts.shape), facts.dtype.str],
        **asdict(plan),
        "dtype": plan.dtype.str,
        "block_bytes": BLOCK_BYTES,
    }


def _write_all(
    source: ArraySource, plan: _Plan, target: IngestTarget, on_progress: OnProgress
) -> None:
    written = target.written()
    total = sum(level.bounds.voxels for level in plan.levels)
    done = 0
    for mip in range(len(plan.levels)):
        for number, box in enumerate(_blocks(source, plan, mip)):
            if (mip, number) not in written:
                if mip == 0:
                    array = _read_source(source, plan, box)
                else:
                    array = _read_coarser(target, plan, mip, box)
                target.write(mip, number, box, array)
            done += box.voxels
            on_progress(done, total)


def _blocks(source: ArraySource, plan: _Plan, mip: int) -> Iterator[Box]:
    level = plan.levels[mip]
    largest = max(plan.dtype.itemsize, source.facts.dtype.itemsize) * math.prod(level.factor)
    shape = block_shape(plan.chunk, level.bounds.size, BLOCK_BYTES // largest)
    slowest = "z"
    if mip == 0 and source.slice_axis is not None:
        slowest = plan.order.order[source.slice_axis]
    return blocks(level.bounds, shape, AXES.index(slowest))


def _read_source(source: ArraySource, plan: _Plan, box: Box) -> npt.NDArray[np.generic]:
    first = plan.levels[0].bounds.lo
    edges = (
        plan.order.to_stored([at - start for at, start in zip(edge, first, strict=True)])
        for edge in (box.lo, box.hi)
    )
    array = source.read(*edges)
    x, y, z = plan.order.stored_to_physical
    array = array.transpose(z, y, x)
    return convert(array, plan.dtype, plan.window, plan.background, box.lo)


def _read_coarser(target: IngestTarget, plan: _Plan, mip: int, box: Box) -> npt.NDArray[np.generic]:
    level = plan.levels[mip]
    finer = finer_box(box, level.factor, plan.levels[mip - 1].bounds)
    return coarsen(target.read(mip - 1, finer), finer.lo, level.factor, plan.kind)


def _plan(order: IngestOrder, facts: Facts) -> _Plan:
    try:
        axes = AxisOrder(order.axis_order)
    except GeometryError as error:
        raise _refused("axis_order", str(error)) from error
    encoding = order.encoding or ENCODINGS[order.kind][0]
    if encoding not in ENCODINGS[order.kind]:
        known = ", ".join(ENCODINGS[order.kind])
        raise _refused("encoding", f"{encoding} of {order.kind}; it must be one of {known}")
    if order.window is not None and not order.window[0] < order.window[1]:
        raise _refused("window", f"{order.window} must rise")
    try:
        dtype = stored_dtype(facts.dtype, order.kind, encoding, order.window)
    except ConversionError as error:
        raise _refused("source", f"{order.source.name}: {error}") from error
    resolution = _resolution(order, facts, axes)
    bounds = _bounds(_offset(order, facts, axes, resolution), facts, axes)
    if order.mips is not None and not 0 <= order.mips <= MOST_MIPS:
        raise _refused("mips", f"{order.mips} is not between 0 and {MOST_MIPS}")
    return _Plan(
        order=axes,
        levels=plan_levels(resolution, bounds, order.mips),
        kind=order.kind,
        encoding=encoding,
        dtype=dtype,
        chunk=_chunk(order.chunk),
        window=order.window,
        background=tuple(order.background),
    )


def _resolution(order: IngestOrder, facts: Facts, axes: AxisOrder) -> Resolution:
    sizes = order.resolution
    if sizes is None and facts.resolution_nm is not None:
        sizes = axes.to_physical(facts.resolution_nm)
    if sizes is None:
        raise _refused("resolution", "the file does not say it; give the nm of a voxel, X Y Z")
    try:
        return Resolution(*sizes)
    except GeometryError as error:
        raise _refused("resolution", str(error)) from error


def _offset(
    order: IngestOrder, facts: Facts, axes: AxisOrder, resolution: Resolution
) -> Sequence[int]:
    if order.offset is not None:
        return order.offset
    if facts.offset_nm is None:
        return (0, 0, 0)
    nm = axes.to_physical(facts.offset_nm)
    voxels = [at / size for at, size in zip(nm, resolution, strict=True)]
    if any(abs(at - round(at)) > 0.01 for at in voxels):
        raise _refused(
            "offset",
            f"the file says {nm} nm (x, y, z), which are no whole voxels; give it in voxels, X Y Z",
        )
    return [round(at) for at in voxels]


def _bounds(offset: Sequence[int], facts: Facts, axes: AxisOrder) -> Box:
    size = axes.to_physical(facts.shape)
    lo = Point(*offset)
    hi = Point(*(int(start + length) for start, length in zip(lo, size, strict=True)))
    if max(map(abs, (*lo, *hi))) >= 2**31:
        raise _refused("offset", f"{tuple(lo)} puts the volume beyond 2³¹ voxels")
    return Box(lo, hi)


def _chunk(sizes: Sequence[int]) -> Point:
    if min(sizes) < 1 or math.prod(sizes) > LARGEST_CHUNK_VOXELS:
        raise _refused(
            "chunk", f"{tuple(sizes)} must be > 0 and hold {LARGEST_CHUNK_VOXELS:,} voxels at most"
        )
    return Point(*sizes)


def _refused(field: str, sentence: str) -> InvalidInputError:
    return InvalidInputError(f"{field}: {sentence}.", field=field)
