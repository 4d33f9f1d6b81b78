"""A skeleton in pieces or with cycles becomes one tree."""

from __future__ import annotations

import weakref

import numpy as np
import pytest
from hypothesis import given
from scipy.spatial import KDTree
from scipy.spatial.distance import cdist

from apps.connectome.skeletons import Skeleton, SkeletonError, heal, healing
from tests.connectome.trees import edge_set, is_one_tree, skeleton, skeletons, trees


@given(skeletons())
def test_whatever_came_there_is_one_tree_with_all_vertices(given_one: Skeleton) -> None:
    healed = heal(given_one)
    assert is_one_tree(healed)
    assert np.array_equal(healed.vertices_nm, given_one.vertices_nm)
    assert healed.soma == given_one.soma


@given(trees())
def test_a_tree_stays_as_it_is(tree: Skeleton) -> None:
    assert edge_set(heal(tree)) == edge_set(tree)


@given(skeletons())
def test_no_shorter_way_would_join_the_pieces(given_one: Skeleton) -> None:
    """The tree is as short as the shortest that keeps a spanning tree of each piece."""
    added = sorted(_lengths(heal(given_one)))
    assert added == pytest.approx(sorted(_slowly(given_one)))


def _lengths(healed: Skeleton) -> list[float]:
    return [float(length) for length in healed.lengths_nm]


def _slowly(one: Skeleton) -> list[float]:
    """The lengths of the edges of that tree, found the slow way: own edges before all others."""
    own = edge_set(one)
    far = cdist(one.vertices_nm, one.vertices_nm)
    pairs = sorted(
        (((low, high) not in own), far[low, high], low, high)
        for low in range(len(one))
        for high in range(low + 1, len(one))
    )
    piece = list(range(len(one)))
    lengths = []
    for _, length, low, high in pairs:
        if piece[low] != piece[high]:
            lengths.append(float(length))
            gone = piece[high]
            piece = [piece[low] if at == gone else at for at in piece]
    return lengths


def test_few_trees_are_held_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is as large as the skeleton, and many pieces need many."""
    alive: weakref.WeakSet[KDTree] = weakref.WeakSet()
    counts = []

    class Counted(KDTree):  # type: ignore[misc]  # of scipy
        def __init__(self, points: np.ndarray, **options: bool) -> None:
            super().__init__(points, **options)
            alive.add(self)
            counts.append(len(alive))

    monkeypatch.setattr(healing, "KDTree", Counted)
    pieces = [(x * x, 0, 0) for x in range(40)]
    assert is_one_tree(heal(skeleton(pieces, [])))
    assert len(counts) >= 24  # two for each of six digits, twice
    assert max(counts) <= 2


def test_a_cycle_is_cut_at_its_longest_edge() -> None:
    square = skeleton(
        [(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 3, 0)], [(0, 1), (1, 2), (2, 3), (3, 0)]
    )
    assert edge_set(heal(square)) == {(0, 1), (1, 2), (2, 3)}


def test_pieces_meet_at_their_nearest_points_not_at_their_ends() -> None:
    """A side branch was cut off in the middle of a dendrite."""
    stem = [(0, 0, float(z)) for z in range(0, 100, 10)]
    branch = [(x, 0, 42.0) for x in range(5, 50, 10)]
    edges = [(at, at + 1) for at in (*range(9), *range(10, 14))]
    healed = heal(skeleton([*stem, *branch], edges))
    assert edge_set(healed) - set(edges) == {(4, 10)}


def test_edges_of_no_length_are_edges() -> None:
    """Vertices at the same place, as writers of skeletons leave them where blocks meet."""
    twice = skeleton([(0, 0, 0), (5, 0, 0), (5, 0, 0), (9, 0, 0)], [(0, 1), (1, 2), (2, 3)])
    assert edge_set(heal(twice)) == edge_set(twice)
    apart = skeleton([(0, 0, 0), (5, 0, 0), (5, 0, 0), (9, 0, 0)], [(0, 1), (2, 3)])
    assert edge_set(heal(apart)) == edge_set(twice)


def test_many_pieces_at_one_place() -> None:
    assert is_one_tree(heal(skeleton([(1, 2, 3)] * 200, [])))


@pytest.mark.parametrize(
    ("places", "edges", "soma", "sentence"),
    [
        ([], [], None, "no vertices"),
        ([(0, 0, float("nan"))], [], None, "is no number"),
        ([(0, 0, 0)], [(0, 1)], None, "a vertex that is not there"),
        ([(0, 0, 0)], [(-1, 0)], None, "a vertex that is not there"),
        ([(0, 0, 0)], [], 1, "The soma is vertex 1, of 1"),
    ],
)
def test_what_is_no_skeleton_is_refused(
    places: list[tuple[float, float, float]],
    edges: list[tuple[int, int]],
    soma: int | None,
    sentence: str,
) -> None:
    with pytest.raises(SkeletonError, match=sentence):
        skeleton(places, edges, soma)
