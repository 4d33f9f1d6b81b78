"""Skeletons for tests: random ones, and plain ways to look at them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st

from apps.connectome.skeletons import Skeleton


def skeleton(
    places: Sequence[Sequence[float]], edges: Sequence[tuple[int, int]], soma: int | None = None
) -> Skeleton:
    """A skeleton of places in nm."""
    vertices = np.array(places, np.float64).reshape(-1, 3)
    pairs = np.array(edges, np.int64).reshape(-1, 2)
    return Skeleton(vertices, pairs, np.full(len(vertices), np.nan), soma)


@st.composite
def skeletons(draw: st.DrawFn, most: int = 25) -> Skeleton:
    """Any skeleton: in pieces, with cycles, edges twice, vertices at the same place."""
    count = draw(st.integers(1, most))
    coordinate = st.integers(-3, 12).map(lambda at: at * 1000.0)
    place = st.tuples(coordinate, coordinate, coordinate)
    vertex = st.integers(0, count - 1)
    return skeleton(
        draw(st.lists(place, min_size=count, max_size=count)),
        draw(st.lists(st.tuples(vertex, vertex), max_size=2 * count)),
        draw(st.none() | vertex),
    )


@st.composite
def trees(draw: st.DrawFn, most: int = 30) -> Skeleton:
    """Any tree, its vertices in any order."""
    count = draw(st.integers(1, most))
    numbers = draw(st.permutations(range(count)))
    above = [draw(st.integers(0, at - 1)) for at in range(1, count)]
    edges = [(numbers[at + 1], numbers[over]) for at, over in enumerate(above)]
    coordinate = st.integers(0, 9).map(lambda at: at * 1000.0)
    place = st.tuples(coordinate, coordinate, coordinate)
    places = draw(st.lists(place, min_size=count, max_size=count))
    return skeleton(places, edges, draw(st.none() | st.integers(0, count - 1)))


def edge_set(one: Skeleton) -> set[tuple[int, int]]:
    return {(min(edge), max(edge)) for edge in one.edges.tolist()}


def neighbours(one: Skeleton) -> dict[int, set[int]]:
    beside: dict[int, set[int]] = {vertex: set() for vertex in range(len(one))}
    for low, high in edge_set(one):
        beside[low].add(high)
        beside[high].add(low)
    return beside


def is_one_tree(one: Skeleton) -> bool:
    """Each vertex is reached from the first, over one edge fewer than there are vertices."""
    beside, seen, to_do = neighbours(one), {0}, [0]
    while to_do:
        for other in beside[to_do.pop()] - seen:
            seen.add(other)
            to_do.append(other)
    return len(seen) == len(one) and len(one.edges) == len(one) - 1


def twigs(tree: Skeleton) -> list[tuple[float, set[int]]]:
    """The length of each twig, and its vertices: from an end to the next branch point, which is
    none of them. The soma is a branch point where two branches or more leave it; a path that ends
    at the soma is no twig."""
    beside, found = neighbours(tree), []
    for end in range(len(tree)):
        if len(beside[end]) != 1 or end == tree.soma:
            continue
        length, at, path = 0.0, end, [end]
        while True:
            (ahead,) = beside[at] - set(path)
            length += float(np.linalg.norm(tree.vertices_nm[at] - tree.vertices_nm[ahead]))
            if len(beside[ahead]) > 2 or (ahead == tree.soma and len(beside[ahead]) == 2):
                found.append((length, set(path)))
                break
            if len(beside[ahead]) == 1:
                break  # the tree is one path
            path.append(ahead)
            at = ahead
    return found
