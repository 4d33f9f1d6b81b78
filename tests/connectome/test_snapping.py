"""Synapses are snapped to the nearest place on a neuron."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.connectome.skeletons import Skeleton, Walk, snap, walk
from tests.connectome.trees import skeleton, trees

points = st.lists(
    st.tuples(*[st.integers(-4000, 13_000).map(float)] * 3), min_size=1, max_size=8
).map(lambda places: np.array(places, np.float64))


@given(trees(most=15), points)
def test_no_other_place_on_the_neuron_is_nearer(tree: Skeleton, places: np.ndarray) -> None:
    snapped = snap(walk(tree), places)
    for place, distance in zip(places, snapped.distance_nm, strict=True):
        # Samples are 100 nm apart, so what they miss is less than a nm here.
        assert distance == pytest.approx(_slow_distance(tree, place), abs=30)


def _slow_distance(tree: Skeleton, place: np.ndarray) -> float:
    distances = [float(np.linalg.norm(tree.vertices_nm - place, axis=1).min())]
    for begin, end in tree.vertices_nm[tree.edges]:
        step = end - begin
        if step @ step > 0:
            share = float(np.clip((place - begin) @ step / (step @ step), 0, 1))
            distances.append(float(np.linalg.norm(begin + share * step - place)))
    return min(distances)


@given(trees(most=15), points)
def test_the_answer_is_of_one_place(tree: Skeleton, places: np.ndarray) -> None:
    """Section, way along it, place in the walk and vertex all name the same."""
    way = walk(tree)
    snapped = snap(way, places)
    begins = np.cumsum([0.0, *(section.length_nm for section in way.sections)])
    for at in range(len(places)):
        section = way.sections[snapped.section[at]]
        assert snapped.vertex[at] in section.vertices
        assert -1e-6 <= snapped.along_nm[at] <= section.length_nm + 1e-6
        assert snapped.place_nm[at] == pytest.approx(
            begins[section.number] + snapped.along_nm[at], abs=1e-6
        )


def fork() -> Walk:
    """A stem of 20 µm along z, then arms of 10 and 30 µm along y."""
    places = [(0, 0, 0), (0, 0, 20_000), (0, 10_000, 20_000), (0, -30_000, 20_000)]
    return walk(skeleton(places, [(0, 1), (1, 2), (1, 3)], soma=0))


def test_a_synapse_beside_a_long_edge_is_not_given_to_a_vertex_elsewhere() -> None:
    """Vertex 2 is nearer than both ends of the edge that the synapse lies at."""
    places = [(0, 0, 0), (0, 0, 40_000), (3000, 0, 20_000), (3000, 0, 60_000)]
    way = walk(skeleton(places, [(0, 1), (1, 3), (3, 2)], soma=0))
    snapped = snap(way, np.array([[500.0, 0, 20_000]]))
    assert snapped.distance_nm.tolist() == [500]
    assert snapped.place_nm.tolist() == [20_000]


def test_synapses_in_the_order_of_the_walk() -> None:
    places = np.array(
        [[0, -29_000, 20_000], [0, 9000, 20_100], [50, 0, 5000], [0, 0, 20_000], [0, 0, -700]],
        float,
    )
    snapped = snap(fork(), places)
    assert snapped.section.tolist() == [2, 1, 0, 0, 0]
    assert snapped.vertex.tolist() == [3, 2, 0, 1, 0]
    assert snapped.distance_nm.tolist() == [0, 100, 50, 0, 700]
    assert snapped.along_nm.tolist() == [29_000, 9000, 5000, 20_000, 0]
    assert np.argsort(snapped.place_nm).tolist() == [4, 2, 3, 1, 0]


def test_no_synapses_and_a_neuron_of_one_vertex() -> None:
    assert snap(fork(), np.zeros((0, 3))).section.shape == (0,)
    snapped = snap(walk(skeleton([(1, 2, 3)], [])), np.array([[1.0, 2, 8]]))
    assert (snapped.section.tolist(), snapped.distance_nm.tolist()) == ([0], [5])
