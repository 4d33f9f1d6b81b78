"""A tree seen from its root: whom each vertex hangs on, and how far its longest branch reaches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import breadth_first_order

from apps.connectome.errors import SkeletonError
from apps.connectome.skeletons.skeleton import Floats, Ints, Skeleton


@dataclass(frozen=True, eq=False)
class Rooted:
    """A tree with a root.

    order: (n,) int64, the vertices from the root outwards, each after the one that it hangs on.
    above: (n,) int64, the vertex that each hangs on; -1 for the root.
    depth_nm: (n,) float64, along the tree from the root. reach_nm: (n,) float64, along the tree
    from a vertex to the farthest end beyond it; 0 for ends.
    """

    root: int
    order: Ints
    above: Ints
    depth_nm: Floats
    reach_nm: Floats


def rooted(tree: Skeleton, root: int) -> Rooted:
    """The tree seen from `root`. Raises SkeletonError for what is not one tree."""
    count = len(tree)
    if not 0 <= root < count:
        raise SkeletonError(f"The root is vertex {root}, of {count} from 0.")
    if len(tree.edges) != count - 1:
        raise SkeletonError(
            f"The skeleton is no tree: it has {count} vertices and {len(tree.edges)} edges."
        )
    ones = np.ones(len(tree.edges), np.int8)
    graph = coo_array((ones, (tree.edges[:, 0], tree.edges[:, 1])), (count, count)).tocsr()
    order, above = breadth_first_order(graph, root, directed=False)
    if len(order) != count:
        raise SkeletonError("The skeleton is no tree: it is in several pieces.")
    above = np.where(above < 0, -1, above).astype(np.int64)
    steps = np.linalg.norm(tree.vertices_nm - tree.vertices_nm[above], axis=1)
    steps[root] = 0.0
    return _measured(root, order.astype(np.int64), above, steps)


def end_of_longest_path(tree: Skeleton) -> int:
    """One end of the longest path in the tree: the one with the thicker first vertex, else the
    lower number. Raises SkeletonError for what is not one tree."""
    one = int(np.argmax(rooted(tree, 0).depth_nm))
    other = int(np.argmax(rooted(tree, one).depth_nm))
    low, high = sorted((one, other))
    return high if tree.radii_nm[high] > tree.radii_nm[low] else low


def _measured(root: int, order: Ints, above: Ints, steps: Floats) -> Rooted:
    """Plain lists are quicker than arrays where each step needs the one before."""
    hangs_on, step = above.tolist(), steps.tolist()
    depth, reach = [0.0] * len(hangs_on), [0.0] * len(hangs_on)
    outwards = order.tolist()[1:]
    for vertex in outwards:
        depth[vertex] = depth[hangs_on[vertex]] + step[vertex]
    for vertex in reversed(outwards):
        over = hangs_on[vertex]
        reach[over] = max(reach[over], reach[vertex] + step[vertex])
    return Rooted(root, order, above, np.array(depth), np.array(reach))
