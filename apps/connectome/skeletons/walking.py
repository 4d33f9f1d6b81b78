"""Walk a tree depth-first, cut into sections at its branch points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from apps.connectome.skeletons.skeleton import Floats, Ints, Skeleton
from apps.connectome.skeletons.trees import end_of_longest_path, rooted


@dataclass(frozen=True, eq=False)
class Section:
    """A piece of the walk without a branch point inside.

    number: from 0, in depth-first order. parent: the section at whose end it begins; None where it
    begins at the root. vertices: (k,) int64 from the root's side; the first is the last of the
    parent. Only a tree of a single vertex has a section with fewer than two.
    """

    number: int
    parent: int | None
    vertices: Ints
    length_nm: float


@dataclass(frozen=True, eq=False)
class Walk:
    """A tree's sections in the order of the walk.

    above: (n,) int64, the vertex that each hangs on; -1 for the root. section_of: (n,) int64, the
    section that leads to a vertex; 0 for the root. place_nm: (n,) float64, how much of the tree
    has been walked when one comes to a vertex for the first time.
    """

    tree: Skeleton
    root: int
    sections: tuple[Section, ...]
    above: Ints
    section_of: Ints
    place_nm: Floats


def walk(tree: Skeleton, root: int | None = None) -> Walk:
    """The walk from `root`; without one from the soma, and without that from an end of the
    longest path.

    At a branch point the branch that reaches farthest comes last: the side branches are done while
    one is near them, and from the longest nobody has to come back. Raises SkeletonError for what is
    not one tree.
    """
    if root is None:
        root = end_of_longest_path(tree) if tree.soma is None else tree.soma
    seen = rooted(tree, root)
    reach = (seen.depth_nm + seen.reach_nm).tolist()
    below: list[list[int]] = [[] for _ in range(len(tree))]
    for vertex, over in enumerate(seen.above.tolist()):
        if over >= 0:
            below[over].append(vertex)
    for several in below:
        several.sort(key=reach.__getitem__, reverse=True)  # the last is taken off a stack first
    sections, section_of, place = _sections(
        root, below, seen.above.tolist(), seen.depth_nm.tolist()
    )
    return Walk(tree, root, sections, seen.above, np.array(section_of), np.array(place))


def _sections(
    root: int, below: list[list[int]], above: list[int], depth: list[float]
) -> tuple[tuple[Section, ...], list[int], list[float]]:
    section_of, place = [0] * len(below), [0.0] * len(below)
    if not below[root]:
        return (Section(0, None, np.array([root]), 0.0),), section_of, place
    sections: list[Section] = []
    walked = 0.0
    to_do: list[tuple[int, int | None]] = [(vertex, None) for vertex in below[root]]
    while to_do:
        vertex, parent = to_do.pop()
        number, start = len(sections), above[vertex]
        path = [start, vertex]
        while len(below[path[-1]]) == 1:
            path.append(below[path[-1]][0])
        for at in path[1:]:
            section_of[at] = number
            place[at] = walked + depth[at] - depth[start]
        length = depth[path[-1]] - depth[start]
        walked += length
        sections.append(Section(number, parent, np.array(path), length))
        to_do += [(branch, number) for branch in below[path[-1]]]
    return tuple(sections), section_of, place
