"""Skeletons from SWC files."""

from __future__ import annotations

from array import array

import numpy as np

from apps.connectome.skeletons.skeleton import Floats, Ints, Mask, Skeleton
from apps.connectome.swc_rows import NOTHING, swc_rows

_SOMA = 1


def read_swc(text: str, name: str, *, nm_per_unit: float = 1.0) -> Skeleton:
    """The skeleton in the text of an SWC file, as it is: `heal` mends pieces and cycles.

    A vertex that hangs on itself or on -1 is a root. The soma is of type 1: of several, the
    thickest of those that do not hang on another. Raises SkeletonError as `swc_rows` does.
    """
    whole, decimal = array("q"), array("d")
    for row in swc_rows(text, name, nm_per_unit=nm_per_unit):
        whole.extend((row.number, row.parent, row.kind))
        decimal.extend((*row.place_nm, row.radius_nm))
    numbers, parents, kinds = np.array(whole).reshape(-1, 3).T
    measured = np.array(decimal).reshape(-1, 4)
    hanging = np.flatnonzero((parents != NOTHING) & (parents != numbers))
    order = np.argsort(numbers)
    above = np.full(len(numbers), NOTHING)
    above[hanging] = order[np.searchsorted(numbers, parents[hanging], sorter=order)]
    return Skeleton(
        vertices_nm=measured[:, :3].copy(),
        edges=np.column_stack([hanging, above[hanging]]),
        radii_nm=measured[:, 3].copy(),
        soma=_soma(kinds == _SOMA, above, measured[:, 3]),
    )


def _soma(is_soma: Mask, above: Ints, radii_nm: Floats) -> int | None:
    """`above`: (n,) int64, the vertex that each hangs on; -1 for roots."""
    tops = is_soma & ~((above != NOTHING) & is_soma[above])
    candidates = np.flatnonzero(tops if tops.any() else is_soma)  # they may hang on each other
    if not len(candidates):
        return None
    return int(candidates[np.argmax(np.nan_to_num(radii_nm[candidates]))])
