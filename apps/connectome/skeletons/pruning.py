"""Take the short twigs off a tree: most are no branches but bumps of the segmentation."""

from __future__ import annotations

import numpy as np

from apps.connectome.skeletons.skeleton import Skeleton
from apps.connectome.skeletons.trees import end_of_longest_path, rooted
from apps.connectome.twigs import TWIG_NM


def prune_twigs(tree: Skeleton, shorter_than_nm: float = TWIG_NM) -> Skeleton:
    """The tree without twigs shorter than so many nm.

    A twig leads from an end to the next branch point; the soma is one where two branches or more
    leave it. Twigs go one by one, the shortest first, and what is left of a branch point with two
    branches is none any more: of a branch that forks near its end, the longer tine stays and
    counts with the branch that it ends. The longest path from the soma (without one, of the whole
    tree) always stays. Raises SkeletonError for what is not one tree.
    """
    root = end_of_longest_path(tree) if tree.soma is None else tree.soma
    seen = rooted(tree, root)
    above, reach = seen.above.tolist(), seen.reach_nm.tolist()
    depth = seen.depth_nm.tolist()
    # Taking the shortest off first leaves, at each branch point, what reaches farthest: there the
    # path goes on, and every other branch stays if it reaches far enough, as a path of its own.
    # `kept` is the answer for the path that begins at a vertex or goes through it.
    kept = [False] * len(above)
    goes_on = _farthest_below(seen.order.tolist(), above, depth, reach)
    kept[root] = True
    for vertex in seen.order.tolist()[1:]:
        over = above[vertex]
        if goes_on[over] == vertex:
            kept[vertex] = kept[over]
        else:
            branch_nm = depth[vertex] - depth[over] + reach[vertex]
            kept[vertex] = kept[over] and branch_nm >= shorter_than_nm
    return tree.only(np.array(kept))


def _farthest_below(
    order: list[int], above: list[int], depth: list[float], reach: list[float]
) -> list[int]:
    """For each vertex, that one of those hanging on it which reaches farthest; -1 for ends."""
    farthest = [-1] * len(order)
    for vertex in order[1:]:
        best = farthest[above[vertex]]
        if best < 0 or depth[vertex] + reach[vertex] > depth[best] + reach[best]:
            farthest[above[vertex]] = vertex
    return farthest
