"""Selections to draw, and what each means, said once more in plain Python."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from hypothesis import strategies as st

from apps.datasets.domain.selection import Between, Region, Sample, Selection, Span
from apps.datasets.models import Instance
from apps.voxels.geometry import Resolution

IDS = (1, 2, 3, 2**63 - 1, 2**63, 2**64 - 1)
_coordinates = st.integers(-100, 1100)
_id_lists = st.lists(st.sampled_from([*IDS, 77]), min_size=1, unique=True).map(
    lambda ids: tuple(sorted(ids))
)


@st.composite
def _regions(draw: st.DrawFn) -> Region:
    unit = draw(st.sampled_from(["voxels", "nm"]))
    scale = 1 if unit == "voxels" else 9.5
    lo = [draw(_coordinates) * scale for _ in range(3)]
    x, y, z = (low + draw(st.integers(1, 900)) * scale for low in lo)
    return Region((lo[0], lo[1], lo[2]), (x, y, z), unit)


@st.composite
def _spans(draw: st.DrawFn) -> Span:
    least, most = sorted(draw(st.tuples(st.integers(0, 10), st.integers(0, 10))))
    open_end = draw(st.sampled_from(["least", "most", ""]))
    return Span(None if open_end == "least" else least, None if open_end == "most" else most)


def selections() -> st.SearchStrategy[Selection]:
    return st.builds(
        Selection,
        box=st.none() | _regions(),
        pre_ids=st.none() | _id_lists,
        post_ids=st.none() | _id_lists,
        either_ids=st.none() | _id_lists,
        between=st.none() | st.builds(Between, _id_lists, _id_lists, st.booleans()),
        score=st.none() | _spans(),
        size=st.none() | _spans(),
        sample=st.none() | st.builds(Sample, st.integers(1, 40), st.integers(0, 3)),
    )


def selected_of(
    instances: Sequence[Instance], selection: Selection, resolution: Resolution
) -> set[int]:
    """The source ids that a selection selects, looked at one by one."""
    found = [one for one in instances if _fits(one, selection, resolution)]
    if selection.sample:
        found.sort(key=lambda one: _draw(selection.sample, one.source_id))
        found = found[: selection.sample.count]
    return {one.source_id for one in found}


def _draw(sample: Sample | None, source_id: int) -> str:
    assert sample is not None
    return hashlib.md5(f"sample:{sample.seed}:{source_id}".encode()).hexdigest()  # noqa: S324


def _fits(one: Instance, wanted: Selection, resolution: Resolution) -> bool:
    pre, post, between = one.pre_root_id, one.post_root_id, wanted.between
    ways = [(pre, post)] + ([(post, pre)] if between and between.both_directions else [])
    return all(
        (
            wanted.box is None or _is_inside(one, wanted.box, resolution),
            wanted.pre_ids is None or pre in wanted.pre_ids,
            wanted.post_ids is None or post in wanted.post_ids,
            wanted.either_ids is None or {pre, post} & {*wanted.either_ids},
            between is None or any(a in between.pre and b in between.post for a, b in ways),
            _is_within(one.score, wanted.score),
            _is_within(one.size, wanted.size),
        )
    )


def _is_inside(one: Instance, box: Region, resolution: Resolution) -> bool:
    at = [float(value) for value in one.center]
    if box.unit == "nm":
        at = [(value + 0.5) * size for value, size in zip(at, resolution, strict=True)]
    return all(low <= value < high for low, value, high in zip(box.lo, at, box.hi, strict=True))


def _is_within(value: float | None, span: Span | None) -> bool:
    if span is None:
        return True
    if value is None:
        return False
    return (span.least is None or span.least <= value) and (span.most is None or value <= span.most)
