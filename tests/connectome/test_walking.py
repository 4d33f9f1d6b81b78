"""A tree is walked depth-first, in sections from branch point to branch point."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given

from apps.connectome.skeletons import Skeleton, SkeletonError, Walk, walk
from tests.connectome.trees import edge_set, neighbours, skeleton, trees


@given(trees())
def test_sections_cover_every_edge_exactly_once(tree: Skeleton) -> None:
    steps = [
        (min(step), max(step))
        for section in walk(tree).sections
        for step in pairwise(section.vertices.tolist())
    ]
    assert sorted(steps) == sorted(edge_set(tree))


@given(trees())
def test_sections_hang_on_each_other_in_the_order_of_the_walk(tree: Skeleton) -> None:
    found = walk(tree)
    for number, section in enumerate(found.sections):
        assert section.number == number
        if section.parent is None:
            assert section.vertices[0] == found.root
        else:
            assert section.parent < number
            assert section.vertices[0] == found.sections[section.parent].vertices[-1]
    assert sum(one.length_nm for one in found.sections) == pytest.approx(tree.length_nm)


@given(trees())
def test_sections_end_at_branch_points_and_ends_alone(tree: Skeleton) -> None:
    beside = neighbours(tree)
    for section in walk(tree).sections:
        first, *inside = section.vertices.tolist()
        for vertex in inside[:-1]:
            assert len(beside[vertex]) == 2
        if inside:
            assert len(beside[inside[-1]]) != 2
        assert first not in inside


@given(trees())
def test_the_walk_is_depth_first(tree: Skeleton) -> None:
    """Before the next branch of a branch point begins, all beyond the last one has been walked:
    the next section hangs on the last one or on one that the last one hangs on."""
    sections = walk(tree).sections
    for before, after in pairwise(sections):
        over: list[int | None] = [before.number]
        while over[-1] is not None:
            over.append(sections[over[-1]].parent)
        assert after.parent in over


@given(trees())
def test_places_grow_along_the_walk(tree: Skeleton) -> None:
    found = walk(tree)
    walked = 0.0
    for section in found.sections:
        places = found.place_nm[section.vertices[1:]]
        assert (np.diff(places) >= 0).all()
        assert (found.section_of[section.vertices[1:]] == section.number).all()
        walked += section.length_nm
        if len(places):
            assert places[-1] == pytest.approx(walked)


def test_the_longest_branch_comes_last() -> None:
    found = walk(_fork())
    assert [section.vertices.tolist() for section in found.sections] == [[0, 1], [1, 2], [1, 3, 4]]
    assert [section.parent for section in found.sections] == [None, 0, 0]


def test_a_root_may_be_chosen() -> None:
    found = walk(_fork(), root=1)
    assert [section.vertices.tolist() for section in found.sections] == [[1, 2], [1, 3, 4], [1, 0]]
    assert {section.parent for section in found.sections} == {None}
    with pytest.raises(SkeletonError, match="The root is vertex 9, of 5"):
        walk(_fork(), root=9)


def test_without_a_soma_the_walk_begins_at_an_end_of_the_longest_path() -> None:
    tree = _fork()
    without = Skeleton(tree.vertices_nm, tree.edges, tree.radii_nm)
    assert walk(without).root == 0
    thick = Skeleton(tree.vertices_nm, tree.edges, np.array([1.0, 1, 1, 1, 5]))
    assert walk(thick).root == 4


def _fork() -> Skeleton:
    places = [(0, 0, 0), (0, 0, 20), (0, 5, 20), (0, -5, 20), (0, -9, 20)]
    return skeleton(places, [(0, 1), (1, 2), (1, 3), (3, 4)], soma=0)


def test_a_neuron_of_one_vertex_has_one_section() -> None:
    (section,) = walk(skeleton([(1, 2, 3)], [])).sections
    assert (section.vertices.tolist(), section.length_nm) == ([0], 0.0)


def test_a_long_path_is_walked_without_recursion() -> None:
    count = 100_000
    places = np.zeros((count, 3))
    places[:, 2] = np.arange(count)
    edges = np.column_stack([np.arange(count - 1), np.arange(1, count)])
    found: Walk = walk(Skeleton(places, edges, np.full(count, np.nan), 0))
    assert len(found.sections) == 1
    assert found.sections[0].length_nm == count - 1
