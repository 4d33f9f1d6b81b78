"""Make one tree of a skeleton that came in pieces or with cycles.

Both are minimum spanning trees: of the skeleton's own edges, which cuts each cycle at its longest,
and then of the shortest ways between pieces.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree
from scipy.spatial import KDTree

from apps.connectome.skeletons.skeleton import Floats, Ints, Mask, Skeleton


def heal(skeleton: Skeleton) -> Skeleton:
    """One tree with all vertices of the skeleton, in their order: each cycle is cut at its longest
    edge, and the pieces are joined at their nearest points, the nearest pieces first.

    Edges that are named twice or that lead from a vertex to itself count for nothing.
    """
    edges = _spanning(skeleton.edges, skeleton.lengths_nm, len(skeleton))
    while True:
        pieces, piece_of = _pieces(edges, len(skeleton))
        if pieces == 1:
            break
        edges = np.concatenate([edges, _joints(skeleton.vertices_nm, edges, piece_of, pieces)])
    return Skeleton(skeleton.vertices_nm, edges, skeleton.radii_nm, skeleton.soma)


def _spanning(edges: Ints, lengths: Floats, count: int) -> Ints:
    """The edges of a spanning forest, the shortest that there are."""
    ends = np.sort(edges, axis=1)
    order = np.lexsort((ends[:, 1], ends[:, 0], lengths))
    # The first of those that join the same two vertices; a sparse array would add them up.
    first = np.unique(ends[order], axis=0, return_index=True)[1]
    ends = ends[order][np.sort(first)]
    ends = ends[ends[:, 0] != ends[:, 1]]
    # Ranks stand for lengths: an edge of no length would count as none.
    ranks = np.arange(1, len(ends) + 1, dtype=np.float64)
    kept = minimum_spanning_tree(coo_array((ranks, (ends[:, 0], ends[:, 1])), (count, count)))
    chosen: Ints = ends[np.sort(kept.data.astype(np.int64)) - 1]
    return chosen


def _pieces(edges: Ints, count: int) -> tuple[int, Ints]:
    """How many pieces there are, and the piece of each vertex."""
    ones = np.ones(len(edges), np.int8)
    graph = coo_array((ones, (edges[:, 0], edges[:, 1])), (count, count))
    pieces, piece_of = connected_components(graph, directed=False)
    return int(pieces), piece_of.astype(np.int64)


def _joints(points: Floats, edges: Ints, piece_of: Ints, pieces: int) -> Ints:
    """Edges that join each piece to the one nearest to it, without a cycle (Borůvka's step)."""
    distances, nearest = _nearest_of_others(points, edges, piece_of, pieces)
    order = np.lexsort((distances, piece_of))
    best = order[np.unique(piece_of[order], return_index=True)[1]]  # a vertex of each piece
    joints = np.column_stack([best, nearest[best]]).astype(np.int64)
    tree = _spanning_between(piece_of[joints], distances[best], pieces)
    return joints[tree]


def _spanning_between(pairs: Ints, distances: Floats, pieces: int) -> Ints:
    """Which of the joints between `pairs` of pieces are needed: ties may close a cycle."""
    ends = np.sort(pairs, axis=1)
    order = np.lexsort((ends[:, 1], ends[:, 0], distances))
    first = order[np.sort(np.unique(ends[order], axis=0, return_index=True)[1])]
    ranks = np.arange(1, len(first) + 1, dtype=np.float64)
    graph = coo_array((ranks, (ends[first, 0], ends[first, 1])), (pieces, pieces))
    kept: Ints = first[minimum_spanning_tree(graph).data.astype(np.int64) - 1]
    return kept


def _nearest_of_others(
    points: Floats, edges: Ints, piece_of: Ints, pieces: int
) -> tuple[Floats, Ints]:
    """The distance of each vertex to the nearest one of another piece, and which that is; infinite
    for vertices that are not the nearest of their piece.

    Pieces mostly meet end to end. The ends are asked first: what they find bounds the search of
    all others, which is many times faster so.
    """
    found = np.full(len(points), np.inf), np.zeros(len(points), np.int64)
    is_end = np.bincount(edges.ravel(), minlength=len(points)) < 2
    for side in _sides(points, piece_of, pieces):
        side.ask(np.flatnonzero(is_end & side.asking), np.inf, found)
    bound = np.full(pieces, np.inf)
    np.minimum.at(bound, piece_of, found[0])
    scale = np.frexp(bound)[1][piece_of]  # the bound lies below 2 to the power of it
    for side in _sides(points, piece_of, pieces):
        asking = ~is_end & side.asking
        for power in np.unique(scale[asking]):
            side.ask(np.flatnonzero(asking & (scale == power)), np.ldexp(1.0, power), found)
    return found


@dataclass(frozen=True)
class _Side:
    """Vertices that ask, (n,) bool, and a tree of vertices of other pieces, with their numbers."""

    points: Floats
    asking: Mask
    others: Ints
    tree: KDTree

    def ask(self, me: Ints, bound: float, found: tuple[Floats, Ints]) -> None:
        """Note what is nearer than `bound` and than what was found before."""
        if not me.size:
            return
        distances, nearest = found
        distance, at = self.tree.query(self.points[me], distance_upper_bound=bound)
        nearer = distance < distances[me]
        distances[me[nearer]] = distance[nearer]
        nearest[me[nearer]] = self.others[at[nearer]]


def _sides(points: Floats, piece_of: Ints, pieces: int) -> Iterator[_Side]:
    """The numbers of two pieces differ in some binary digit: for each digit, the vertices whose
    piece has it look among those whose piece has not, and the other way round. That is two trees a
    digit, not one a piece. All at once would take much memory: they are made when they are asked,
    which takes a fraction of the time of asking."""
    for digit in range((pieces - 1).bit_length()):
        has = (piece_of >> digit & 1).astype(bool)
        for asking in (has, ~has):
            others = np.flatnonzero(~asking)
            tree = KDTree(points[others], balanced_tree=False, compact_nodes=False)
            yield _Side(points, asking, others, tree)
