"""A skeleton: the lines along the middle of a neuron's branches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apps.connectome.errors import SkeletonError
from apps.connectome.swc_rows import FARTHEST_NM

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Skeleton:
    """Vertices and the edges between them: in one piece or several, with or without cycles.

    vertices_nm: (n, 3) float64, x y z. edges: (m, 2) int64, pairs of vertices in no order.
    radii_nm: (n,) float64, nan where it is not known. soma: a vertex, where it is known.
    Raises SkeletonError where these do not fit together; there is at least one vertex.
    """

    vertices_nm: Floats
    edges: Ints
    radii_nm: Floats
    soma: int | None = None

    def __post_init__(self) -> None:
        count = len(self.vertices_nm)
        if self.vertices_nm.shape != (count, 3) or self.edges.shape != (len(self.edges), 2):
            raise SkeletonError("A skeleton needs three numbers a vertex and two an edge.")
        if count == 0:
            raise SkeletonError("The skeleton has no vertices.")
        if self.radii_nm.shape != (count,):
            raise SkeletonError(
                f"The skeleton has {count} vertices, but {self.radii_nm.size} radii."
            )
        if not (np.abs(self.vertices_nm) <= FARTHEST_NM).all():  # also where one is nan
            raise SkeletonError("A vertex of the skeleton lies nowhere: its place is no number.")
        if self.edges.size and not 0 <= self.edges.min() <= self.edges.max() < count:
            raise SkeletonError("An edge of the skeleton ends at a vertex that is not there.")
        if self.soma is not None and not 0 <= self.soma < count:
            raise SkeletonError(f"The soma is vertex {self.soma}, of {count} from 0.")

    def __len__(self) -> int:
        return len(self.vertices_nm)

    @property
    def lengths_nm(self) -> Floats:
        """Of each edge: (m,) float64."""
        ends = self.vertices_nm[self.edges]
        lengths: Floats = np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1)
        return lengths

    @property
    def length_nm(self) -> float:
        """Of all edges together."""
        return float(self.lengths_nm.sum())

    def only(self, kept: Mask) -> Skeleton:
        """The skeleton of the vertices that are `kept`, (n,) bool, and the edges between them."""
        number = np.cumsum(kept) - 1
        edges = self.edges[kept[self.edges].all(axis=1)]
        soma = None if self.soma is None or not kept[self.soma] else int(number[self.soma])
        return Skeleton(self.vertices_nm[kept], number[edges], self.radii_nm[kept], soma)
