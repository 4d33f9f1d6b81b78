"""Which neurons are chosen, how a walk lies on sheets, and lines with fewer points."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from apps.campaigns.domain.neurons import read_neurons
from apps.campaigns.domain.walks import lay_out, simplified
from apps.core.errors import InvalidInputError


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ([], "neurons: give an object with ids, synapses, roots."),
        ({}, "neurons.ids: give a list of at least one neuron id."),
        ({"ids": [12]}, "neurons.ids: '12' is no neuron id"),
        ({"ids": ["-1"]}, "neurons.ids: '-1' is no neuron id"),
        ({"ids": [str(2**64)]}, "is no neuron id"),
        ({"ids": [str(n) for n in range(5001)]}, "there are 5,001 neurons"),
        ({"ids": ["1"], "synapses": "near"}, "neurons.synapses: 'near' is none of"),
        ({"ids": ["1"], "more": 1}, "there is no 'more'"),
        (
            {"ids": ["1"], "roots": [{"root_id": "2", "position_nm": [1, 2, 3]}]},
            "neurons.roots.root_id: 2 is none of the neurons",
        ),
        (
            {"ids": ["1"], "roots": [{"root_id": "1", "position_nm": [1, 2, "3"]}]},
            "neurons.roots.position_nm: give three numbers",
        ),
    ],
)
def test_a_bad_choice_is_told_by_its_part(given: object, sentence: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        read_neurons(given)
    assert sentence in refused.value.sentence


def test_a_choice_keeps_its_order_and_names_each_once() -> None:
    choice = read_neurons({"ids": ["9", " 3", "9", str(2**64 - 1)]})
    assert choice.ids == (9, 3, 2**64 - 1)


@given(
    st.lists(st.integers(0, 30), min_size=1, max_size=12),
    st.sampled_from([6, 12, 24]),
    st.integers(1, 99),
)
def test_sheets_hold_each_synapse_once_and_none_of_two_sections(
    counts: list[int], size: int, first: int
) -> None:
    starts = np.cumsum([0, *counts])
    sections = [list(range(at, at + n)) for at, n in zip(starts, counts, strict=False)]
    sheets = list(lay_out(sections, size, first))
    assert [sheet.number for sheet in sheets] == [*range(first, first + len(sheets))]
    assert [one for sheet in sheets for one in sheet.synapses] == [*range(starts[-1])]
    assert all(len(sheet.synapses) <= size for sheet in sheets)
    assert all(set(sheet.synapses) <= set(sections[sheet.section]) for sheet in sheets)
    searches = [at for at, sheet in enumerate(sheets) if sheet.is_search]
    assert [sheets[at].section for at in searches] == [*range(len(counts))]
    assert all(
        at + 1 == len(sheets) or sheets[at + 1].section == sheets[at].section + 1 for at in searches
    )


@given(
    arrays(np.float64, st.tuples(st.integers(2, 60), st.just(3)), elements=st.floats(-1e4, 1e4)),
    st.integers(2, 30),
)
def test_a_line_keeps_its_ends_and_has_few_points(points: np.ndarray, most: int) -> None:
    line = simplified(points, most, 50.0)
    assert (line[0] == points[0]).all()
    assert (line[-1] == points[-1]).all()
    assert 2 <= len(line) <= most
    assert {tuple(at) for at in line} <= {tuple(at) for at in points}


@given(
    arrays(np.float64, st.tuples(st.integers(2, 60), st.just(3)), elements=st.floats(-1e4, 1e4)),
    st.floats(1.0, 1000.0),
)
def test_a_line_strays_no_farther_than_it_may(points: np.ndarray, tolerance: float) -> None:
    line = simplified(points, len(points), tolerance)
    begin, step = line[:-1], np.diff(line, axis=0)
    square = np.maximum((step**2).sum(axis=1), 1e-12)
    for point in points:
        onto = np.clip(((point - begin) * step).sum(axis=1) / square, 0, 1)
        nearest = begin + onto[:, None] * step
        assert np.linalg.norm(nearest - point, axis=1).min() <= tolerance * (1 + 1e-9) + 1e-6
