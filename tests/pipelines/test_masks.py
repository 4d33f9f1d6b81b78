"""From what a network says to masks: which slices, which parts, how sure."""

from __future__ import annotations

import numpy as np
import pytest

from apps.pipelines.domain.filling import channels_of, masks_of
from apps.voxels.depth_fill import Seeds

SHAPE = (7, 6, 8)
KNOWN = np.ones(SHAPE, np.bool_)


def drawn(x: int = 1) -> np.ndarray:
    plane = np.zeros(SHAPE[1:], np.bool_)
    plane[2:4, x : x + 2] = True
    return plane


NOTHING = np.zeros(SHAPE[1:], np.bool_)


def column(chance: float = 0.75) -> np.ndarray:
    """A network that carries on, through all slices, what was drawn at x = 1."""
    chances = np.zeros(SHAPE, np.float32)
    chances[:, drawn()] = chance
    return chances


def test_a_network_is_given_the_image_the_seeds_and_which_slices_were_drawn() -> None:
    image = np.full(SHAPE, 255, np.uint8)
    image[0] = 0
    known = KNOWN.copy()
    known[6] = False
    seeds = Seeds({2: drawn(), 4: NOTHING})
    given = channels_of(image, known, seeds, 3, "-1..1")
    assert given.dtype == np.float32
    assert [float(value) for value in given[0, :, 0, 0]] == [-1, 1, 1, 1, 1, 1, 0]
    assert [float(value) for value in given[1].sum(axis=(1, 2))] == [0, 0, 4, 0, 0, 0, 0]
    assert [float(value) for value in given[2, :, 0, 0]] == [0, 0, 1, 0, 1, 0, 0]
    two = channels_of(image, known, seeds, 2, "0..1")
    assert two.shape == (2, *SHAPE)
    assert [float(value) for value in two[0, :, 0, 0]] == [0, 1, 1, 1, 1, 1, 0.5]


@pytest.mark.parametrize(
    ("slices", "reach", "kinds"),
    [
        ({3: drawn()}, None, "b b b s b b b"),
        ({3: drawn()}, 1, "- - b s b - -"),
        ({3: drawn()}, 0, "- - - s - - -"),
        ({1: drawn(), 4: drawn()}, 1, "b s w w s b -"),
        ({1: drawn(), 4: NOTHING}, None, "b s b b s - -"),
        ({0: NOTHING, 1: NOTHING, 3: drawn()}, None, "s s b s b b b"),
    ],
)
def test_slices_between_and_beyond_are_filled_as_far_as_it_was_asked(
    slices: dict[int, np.ndarray], reach: int | None, kinds: str
) -> None:
    signs = {"s": "seed", "w": "between", "b": "beyond", "-": "empty"}
    filled = masks_of(column(), KNOWN, Seeds(slices), reach)
    assert filled.how == tuple(signs[sign] for sign in kinds.split())
    for z, how in enumerate(filled.how):
        expected = slices[z] if how == "seed" else drawn() if how != "empty" else NOTHING
        assert np.array_equal(filled.mask[z], expected)
        assert filled.confidence[z] == {"seed": 1.0, "empty": 0.0}.get(how, 0.75)


def test_what_was_drawn_stays_as_it_was_drawn() -> None:
    filled = masks_of(column(), KNOWN, Seeds({3: drawn(2)}), None)
    assert np.array_equal(filled.mask[3], drawn(2))


def test_another_synapse_in_the_box_is_left_out() -> None:
    chances = column()
    chances[:, 0, 6:] = 0.9
    filled = masks_of(chances, KNOWN, Seeds({3: drawn()}), None)
    assert all(np.array_equal(plane, drawn()) for plane in filled.mask)


def test_where_the_network_sees_nothing_in_a_slice_the_synapse_ends() -> None:
    chances = column()
    chances[5] = 0
    filled = masks_of(chances, KNOWN, Seeds({3: drawn()}), None)
    assert filled.how[4:] == ("beyond", "empty", "empty")


def test_nothing_is_proposed_where_the_image_has_no_data() -> None:
    known = KNOWN.copy()
    known[4, :, 1] = False
    known[2] = False
    filled = masks_of(column(), known, Seeds({3: drawn()}), None)
    assert filled.how[:3] == ("empty", "empty", "empty")
    assert np.array_equal(filled.mask[4], drawn() & known[4])
