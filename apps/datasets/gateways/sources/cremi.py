"""The synapses of a file of CREMI: pairs of places, one before and one behind each cleft.

`annotations/ids` and `annotations/locations` (z, y, x in nm) list places,
`annotations/presynaptic_site/partners` pairs of their ids. All places of a file are in nm from one
origin; `annotations` and each volume may have an attribute `offset`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from apps.datasets.gateways.sources.base import SourceError, three_sizes
from apps.datasets.gateways.sources.hdf5 import Hdf5Dataset, open_hdf5

PARTNERS = "annotations/presynaptic_site/partners"
NEURONS = "volumes/labels/neuron_ids"

Places = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Partners:
    """Pairs of places in nm: `pre_nm` and `post_nm` are (n, 3), z, y, x."""

    pre_nm: Places
    post_nm: Places


def read_partners(path: Path) -> Partners | None:
    """The pairs of a file, in its order; None where it has none.

    Raises SourceError.
    """
    with open_hdf5(path) as file:
        if PARTNERS not in file:
            return None
        try:
            ids = np.asarray(file["annotations/ids"][:], np.uint64)
            places = np.asarray(file["annotations/locations"][:], np.float64)
            pairs = np.asarray(file[PARTNERS][:], np.uint64)
            offset = three_sizes(file["annotations"].attrs.get("offset")) or (0.0, 0.0, 0.0)
        except (KeyError, OSError, TypeError, ValueError) as error:
            raise SourceError(f"{path.name}, annotations cannot be read: {error}.") from error
    if pairs.size == 0:
        return None
    _check(path.name, ids, places, pairs)
    order = np.argsort(ids)
    rows = order[np.searchsorted(ids[order], pairs)]
    return Partners(*(places[rows[:, side]] + offset for side in (0, 1)))


def _check(name: str, ids: Any, places: Any, pairs: Any) -> None:
    if ids.ndim != 1 or places.shape != (len(ids), 3) or pairs.shape != (len(pairs), 2):
        raise SourceError(
            f"{name}, annotations do not fit each other: ids {ids.shape}, locations "
            f"{places.shape}, partners {pairs.shape}."
        )
    listed, counts = np.unique(ids, return_counts=True)
    if (counts > 1).any():
        raise SourceError(f"{name}, annotations/ids lists {listed[counts > 1][0]} twice.")
    unknown = pairs[~np.isin(pairs, ids)]
    if unknown.size:
        raise SourceError(f"{name}, {PARTNERS} names {unknown[0]}, which is not in the ids.")
    bad = np.flatnonzero(~np.isfinite(places).all(axis=1))
    if bad.size:
        raise SourceError(f"{name}, annotations/locations has no place for {ids[bad[0]]}.")


def neurons_at(path: Path, places_nm: Places, background: Sequence[int]) -> list[int]:
    """The neuron (n,) that lies at each place (n, 3; z, y, x in nm); -1 where none does."""
    source = Hdf5Dataset(path, NEURONS)
    try:
        facts = source.facts
        sizes, start = facts.resolution_nm, facts.offset_nm or (0.0, 0.0, 0.0)
        if sizes is None:
            raise SourceError(f"{path.name}, {NEURONS} does not say its resolution.")
        found = []
        for z, y, x in np.floor((places_nm - start) / sizes).tolist():
            voxel = (int(z), int(y), int(x))
            label = 0
            if all(0 <= at < size for at, size in zip(voxel, facts.shape, strict=True)):
                label = int(source.read(voxel, [at + 1 for at in voxel]).item())
            found.append(-1 if label in (0, *background) else label)
        return found
    finally:
        source.close()
