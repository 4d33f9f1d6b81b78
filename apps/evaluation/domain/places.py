"""Where in the volume the errors are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from apps.evaluation.domain.accuracy import Share
from apps.evaluation.domain.votes import Flags, Floats, Ints

PLANES = (("xy", 0, 1), ("xz", 0, 2), ("yz", 1, 2))
FEWEST_CELLS, MOST_CELLS = 12, 48  # along the longest side
BLOCKS = 6  # along the longest side, where errors are looked for in clusters
FEWEST_IN_BLOCK = 10
MOST_CLUSTERS = 5


@dataclass(frozen=True)
class Map:
    """Judged instances and errors in the cells of a projection, `(columns, rows)` counts; the
    first axis of `plane` runs along columns. `low` and `high` are in nm."""

    plane: str
    low: tuple[float, float]
    high: tuple[float, float]
    judged: Ints
    errors: Ints


@dataclass(frozen=True)
class Cluster:
    """A block of the volume with more errors than chance puts there; its corners in nm."""

    low: tuple[float, ...]
    high: tuple[float, ...]
    errors: Share


def density_maps(center_nm: Floats, is_error: Flags, within_nm: Floats) -> list[Map]:
    """Projections along z, y and x, in cells that hold about an instance each. Cells are squares,
    except at the far edges. The maps hold all of `within_nm`, `(n, 3)`, also what is not judged."""
    if not len(within_nm):
        return []
    low, high = _bounds(within_nm)
    cells = min(max(round(len(center_nm) ** 0.5), FEWEST_CELLS), MOST_CELLS)
    size = float((high - low).max()) / cells
    return [_map(center_nm, is_error, low, high, size, plane) for plane in PLANES]


def _bounds(center_nm: Floats) -> tuple[Floats, Floats]:
    low, high = center_nm.min(axis=0), center_nm.max(axis=0)
    return low, np.maximum(high, low + 1.0)  # a flat volume still has a side


def _map(
    center_nm: Floats,
    is_error: Flags,
    low: Floats,
    high: Floats,
    size: float,
    plane: tuple[str, int, int],
) -> Map:
    name, a, b = plane
    bins = [max(1, int(np.ceil((high[i] - low[i]) / size - 1e-9))) for i in (a, b)]
    span = [(float(low[i]), float(high[i])) for i in (a, b)]
    judged, _, _ = np.histogram2d(center_nm[:, a], center_nm[:, b], bins=bins, range=span)
    wrong = center_nm[is_error]
    errors, _, _ = np.histogram2d(wrong[:, a], wrong[:, b], bins=bins, range=span)
    return Map(
        plane=name,
        low=(span[0][0], span[1][0]),
        high=(span[0][1], span[1][1]),
        judged=judged.astype(np.int64),
        errors=errors.astype(np.int64),
    )


def clusters(center_nm: Floats, is_error: Flags) -> list[Cluster]:
    """Blocks whose share of errors is, by the 95 % interval, above twice that of all: the worst
    first, a few at most."""
    if not len(center_nm) or not is_error.any():
        return []
    low, high = _bounds(center_nm)
    size = float((high - low).max()) / BLOCKS
    block = np.minimum((center_nm - low) // size, BLOCKS - 1).astype(np.int64)
    names, which = np.unique(block, axis=0, return_inverse=True)
    which = which.reshape(-1)
    n = np.bincount(which, minlength=len(names))
    wrong = np.bincount(which, weights=is_error, minlength=len(names)).astype(np.int64)
    usual = float(is_error.mean())
    found = [
        Cluster(
            low=tuple(map(float, low + name * size)),
            high=tuple(map(float, np.minimum(low + (name + 1) * size, high))),
            errors=share,
        )
        for name, share in ((names[i], Share(int(wrong[i]), int(n[i]))) for i in range(len(names)))
        if share.n >= FEWEST_IN_BLOCK
        and share.interval is not None
        and share.interval[0] > 2 * usual
    ]
    found.sort(key=lambda cluster: (-(cluster.errors.value or 0), cluster.low))
    return found[:MOST_CLUSTERS]
