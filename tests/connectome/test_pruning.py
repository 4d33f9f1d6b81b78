"""Short twigs go, the neuron stays."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.connectome.skeletons import Skeleton, SkeletonError, prune_twigs
from tests.connectome.trees import is_one_tree, skeleton, trees, twigs

LIMIT = 4096.0


@given(trees())
def test_what_is_left_is_a_tree_without_short_twigs(tree: Skeleton) -> None:
    pruned = prune_twigs(tree, LIMIT)
    assert is_one_tree(pruned)
    assert [length for length, _ in twigs(pruned) if length < LIMIT - 1e-6] == []


@given(trees())
def test_the_soma_stays(tree: Skeleton) -> None:
    pruned = prune_twigs(tree, LIMIT)
    assert (pruned.soma is None) == (tree.soma is None)
    if tree.soma is not None and pruned.soma is not None:
        assert np.array_equal(pruned.vertices_nm[pruned.soma], tree.vertices_nm[tree.soma])


@given(trees())
def test_to_prune_twice_changes_nothing(tree: Skeleton) -> None:
    pruned = prune_twigs(tree, LIMIT)
    assert len(prune_twigs(pruned, LIMIT)) == len(pruned)


@given(trees(most=20), st.integers(0, 2**32))
def test_as_if_one_took_off_the_shortest_again_and_again(tree: Skeleton, seed: int) -> None:
    """Places that are nowhere equally far, so that there is one shortest."""
    shaken = tree.vertices_nm + np.random.default_rng(seed).uniform(0, 500, (len(tree), 3))
    tree = Skeleton(shaken, tree.edges, tree.radii_nm, tree.soma)
    pruned = prune_twigs(tree, LIMIT)
    slow = _one_by_one(tree)
    assert sorted(pruned.vertices_nm.tolist()) == sorted(slow.vertices_nm.tolist())


def _one_by_one(tree: Skeleton) -> Skeleton:
    while found := twigs(tree):
        length, vertices = min(found, key=lambda twig: twig[0])
        if length >= LIMIT:
            break
        tree = tree.only(~np.isin(np.arange(len(tree)), [*vertices]))
    return tree


@given(trees())
def test_nothing_goes_below_no_length(tree: Skeleton) -> None:
    assert len(prune_twigs(tree, 0.0)) == len(tree)


def test_of_a_fork_at_the_end_the_longer_tine_stays() -> None:
    """Both are short; with one of them the branch goes on to its end."""
    tree = skeleton(
        [(0, 0, 0), (0, 0, 20_000), (0, 2000, 20_000), (0, -3000, 20_000)],
        [(0, 1), (1, 2), (1, 3)],
        soma=0,
    )
    pruned = prune_twigs(tree)
    assert pruned.vertices_nm.tolist() == [[0, 0, 0], [0, 0, 20_000], [0, -3000, 20_000]]


def test_a_short_branch_that_grows_by_its_tine_stays() -> None:
    """A side branch of 3 µm ends in tines of 2 and 1.5 µm: with the longer it has 5 µm."""
    places = [(0, 0, 0), (0, 0, 9000), (0, 0, 30_000)]
    side = [(3000, 0, 9000), (5000, 0, 9000), (3000, 1500, 9000)]
    tree = skeleton([*places, *side], [(0, 1), (1, 2), (1, 3), (3, 4), (3, 5)], soma=0)
    assert sorted(prune_twigs(tree).vertices_nm.tolist()) == sorted(
        [*map(list, places), [3000, 0, 9000], [5000, 0, 9000]]
    )


def test_a_stub_at_the_soma_goes_and_a_short_neuron_stays() -> None:
    stub = skeleton([(0, 0, 0), (1000, 0, 0), (0, 0, 9000)], [(0, 1), (0, 2)], soma=0)
    assert len(prune_twigs(stub)) == 2
    short = skeleton([(0, 0, 0), (1000, 0, 0), (0, 2000, 0)], [(0, 1), (0, 2)], soma=0)
    assert prune_twigs(short).vertices_nm.tolist() == [[0, 0, 0], [0, 2000, 0]]


def test_what_is_no_tree_is_refused() -> None:
    with pytest.raises(SkeletonError, match="3 vertices and 1 edges"):
        prune_twigs(skeleton([(0, 0, 0), (1, 0, 0), (2, 0, 0)], [(0, 1)]))
    triangle = [(0, 1), (1, 2), (2, 0)]
    with pytest.raises(SkeletonError, match="in several pieces"):
        prune_twigs(skeleton([(at, 0, 0) for at in range(4)], triangle, soma=0))
