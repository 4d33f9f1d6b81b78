"""Skeletons from SWC files."""

from __future__ import annotations

import math

import numpy as np

from apps.connectome.skeletons.skeleton import Skeleton
from apps.connectome.swc_rows import NOTHING, SwcRow, read_swc_rows

_SOMA = 1


def read_swc(text: str, name: str, *, nm_per_unit: float = 1.0) -> Skeleton:
    """The skeleton in the text of an SWC file, as it is: `heal` mends pieces and cycles.

    A vertex that hangs on itself or on -1 is a root. The soma is of type 1: of several, the
    thickest of those that do not hang on another. Raises SkeletonError as `read_swc_rows` does.
    """
    rows = read_swc_rows(text, name, nm_per_unit=nm_per_unit)
    place_of = {row.number: at for at, row in enumerate(rows)}
    edges = [
        (at, place_of[row.parent])
        for at, row in enumerate(rows)
        if row.parent not in (NOTHING, row.number)
    ]
    return Skeleton(
        vertices_nm=np.array([row.place_nm for row in rows]),
        edges=np.array(edges, np.int64).reshape(-1, 2),
        radii_nm=np.array([row.radius_nm for row in rows]),
        soma=_soma(rows, place_of),
    )


def _soma(rows: list[SwcRow], place_of: dict[int, int]) -> int | None:
    somata = {row.number for row in rows if row.kind == _SOMA}
    tops = [row for row in rows if row.kind == _SOMA and row.parent not in somata - {row.number}]
    candidates = tops or [row for row in rows if row.kind == _SOMA]  # they may hang on each other
    if not candidates:
        return None
    thickest = max(candidates, key=lambda row: 0.0 if math.isnan(row.radius_nm) else row.radius_nm)
    return place_of[thickest.number]
