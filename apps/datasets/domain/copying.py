"""Rows of instances in the binary form of Postgres' COPY.

A row is the number of its fields and, for each, its length and its bytes, all big-endian; a field
without a value has the length -1 and no bytes. Rows with the same fields missing have the same
size, so each such group is one array of records.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from apps.datasets.domain.tables import Rows
from apps.voxels.geometry import AXES

START = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
END = b"\xff\xff"
_BOX_EDGES = ("box_lo", "box_hi")
_OPTIONAL = ("pre", "post", "pre_root_id", "post_root_id", "score", "size")
_COLUMNS = (
    *(("id", "i8"), ("table_id", "i8"), ("source_id", "i8"), ("place", "i8")),
    *((f"{point}_{axis}", "i4") for point in ("center", *_BOX_EDGES) for axis in AXES),
    *((f"{point}_{axis}", "i4") for point in ("pre", "post") for axis in AXES),
    *(("pre_root_id", "i8"), ("post_root_id", "i8"), ("score", "f8"), ("size", "i8")),
)
COPIED_COLUMNS = tuple(name for name, _ in _COLUMNS)


def encode_rows(rows: Rows, table_id: int, first_id: int) -> Iterator[bytes]:
    """The rows without `START` and `END`, with ids from `first_id` by their number in the file."""
    values = _values(rows, first_id)
    has = _has(rows)
    pattern = np.zeros(len(rows), dtype=np.uint8)
    for bit, name in enumerate(_OPTIONAL):
        pattern |= has[name].astype(np.uint8) << bit
    for one in np.unique(pattern).tolist():
        present = {name for bit, name in enumerate(_OPTIONAL) if one >> bit & 1}
        group = np.flatnonzero(pattern == one)
        records = np.empty(len(group), dtype=_record(present))
        records["fields"] = len(_COLUMNS)
        records["table_id"] = table_id
        for name, kind in _COLUMNS:
            is_there = _is_present(name, present)
            records[f"length of {name}"] = int(kind[1]) if is_there else -1
            if is_there and name != "table_id":
                records[name] = values[name][group]
        yield records.tobytes()


def _record(present: set[str]) -> np.dtype[np.void]:
    parts: list[tuple[str, str]] = [("fields", ">i2")]
    for name, kind in _COLUMNS:
        parts.append((f"length of {name}", ">i4"))
        if _is_present(name, present):
            parts.append((name, f">{kind}"))
    return np.dtype(parts)


def _is_present(column: str, present: set[str]) -> bool:
    whole = column[:-2] if column[-2:] in {f"_{axis}" for axis in AXES} else column
    return whole not in _OPTIONAL or whole in present


def _has(rows: Rows) -> dict[str, npt.NDArray[np.bool_]]:
    return {
        "pre": rows.has_pre_pt,
        "post": rows.has_post_pt,
        "pre_root_id": rows.has_pre_root_id,
        "post_root_id": rows.has_post_root_id,
        "score": rows.has_score,
        "size": rows.has_size,
    }


def _values(rows: Rows, first_id: int) -> dict[str, npt.NDArray[np.generic]]:
    """Each column but `table_id`; ids from 2^63 as their two's complement, as `UInt64Field`."""
    values: dict[str, npt.NDArray[np.generic]] = {
        "id": first_id + rows.numbers,
        "source_id": rows.source_ids,
        "place": rows.place,
        "pre_root_id": rows.pre_root_id.view(np.int64),
        "post_root_id": rows.post_root_id.view(np.int64),
        "score": rows.score,
        "size": rows.size,
    }
    pre = _or_center(rows, rows.pre_pt, rows.has_pre_pt)
    post = _or_center(rows, rows.post_pt, rows.has_post_pt)
    lo = np.minimum(np.minimum(pre, post), rows.center)
    hi = np.maximum(np.maximum(pre, post), rows.center) + 1
    points = {"center": rows.center, "pre": pre, "post": post, "box_lo": lo, "box_hi": hi}
    for name, point in points.items():
        for place, axis in enumerate(AXES):
            values[f"{name}_{axis}"] = point[:, place]
    return values


def _or_center(
    rows: Rows, points: npt.NDArray[np.int64], has: npt.NDArray[np.bool_]
) -> npt.NDArray[np.int64]:
    return points if has.all() else np.where(has[:, None], points, rows.center)
