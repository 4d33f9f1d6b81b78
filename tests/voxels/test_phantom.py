"""The phantom keeps what it promises: same bytes, true points, and errors as planted."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy import ndimage

from apps.voxels.phantom import Phantom, PhantomSpec, Truth, generator, make_phantom
from apps.voxels.phantom.spec import PointXYZ

SPEC = PhantomSpec(shape_zyx=(24, 320, 320), synapses=20)
SMALL = PhantomSpec(shape_zyx=(24, 192, 192), synapses=8)


@pytest.fixture(scope="module")
def phantom() -> Phantom:
    return make_phantom(SPEC)


def _at(volume: npt.NDArray[np.uint32], point: PointXYZ) -> int:
    x, y, z = point
    return int(volume[z, y, x])


def _real(phantom: Phantom) -> list[Truth]:
    return [truth for truth in phantom.truth if truth.synapse_id is not None]


def test_the_same_seed_gives_the_same_bytes() -> None:
    first, second = make_phantom(SMALL), make_phantom(SMALL)
    for name in ("image", "neurons", "clefts", "true_clefts"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))
    assert (first.candidates, first.truth) == (second.candidates, second.truth)


def test_another_seed_gives_another_volume() -> None:
    first, second = make_phantom(SMALL), make_phantom(replace(SMALL, seed=8))
    assert (first.image != second.image).mean() > 0.5
    assert first.candidates != second.candidates


@pytest.mark.parametrize("seed", range(6))
def test_every_seed_yields_all_candidates_with_masks(seed: int) -> None:
    small = make_phantom(replace(SMALL, seed=seed))
    assert len(small.candidates) == 8
    present = np.unique(small.clefts)
    assert present.tolist() == list(range(9))


def test_arrays_have_the_promised_shape_and_type(phantom: Phantom) -> None:
    assert phantom.image.dtype == np.uint8
    for name in ("neurons", "clefts", "true_clefts"):
        assert getattr(phantom, name).dtype == np.uint32
        assert getattr(phantom, name).shape == phantom.image.shape == SPEC.shape_zyx
    assert phantom.neurons.min() > 0


def test_the_grey_values_use_the_range(phantom: Phantom) -> None:
    low, middle, high = np.percentile(phantom.image, [1, 50, 99])
    assert low < 80
    assert 130 < middle < 180
    assert high > 195
    assert np.isin(phantom.image, [0, 255]).mean() < 0.002


def test_membranes_are_darker_than_what_they_enclose(phantom: Phantom) -> None:
    edge = np.zeros(phantom.neurons.shape, bool)
    edge[:, :, 1:] |= phantom.neurons[:, :, 1:] != phantom.neurons[:, :, :-1]
    edge[:, 1:] |= phantom.neurons[:, 1:] != phantom.neurons[:, :-1]
    inside = ~ndimage.binary_dilation(edge, np.ones((1, 9, 9), bool))
    assert phantom.image[edge].mean() < phantom.image[inside].mean() - 40


def test_neighbouring_sections_are_alike(phantom: Phantom) -> None:
    same = [
        (phantom.neurons[z] == phantom.neurons[z + step]).mean()
        for step in (1, 12)
        for z in range(0, 12, 3)
    ]
    assert min(same[:4]) > 0.85
    assert max(same[4:]) < min(same[:4])


def test_planted_errors_come_at_the_rates_asked_for(phantom: Phantom) -> None:
    kinds = Counter(truth.kind for truth in phantom.truth)
    assert kinds == {
        "correct": 14,
        "badFit": 2,
        "polaritySwitch": 2,
        "missed": 2,
        "falsePositive": 2,
    }
    assert len(phantom.candidates) == 20


def test_truth_follows_the_rows_and_then_the_missed(phantom: Phantom) -> None:
    rows = [truth.row for truth in phantom.truth]
    assert rows == [*range(len(phantom.candidates)), None, None]
    assert [c.id for c in phantom.candidates] == list(range(1, len(phantom.candidates) + 1))
    for truth in phantom.truth:
        assert (truth.kind == "missed") == (truth.row is None)
        assert (truth.kind == "falsePositive") == (truth.synapse_id is None)


def test_true_points_lie_in_their_neurons_and_centres_in_the_cleft(phantom: Phantom) -> None:
    for truth in _real(phantom):
        assert truth.pre_pt_xyz is not None
        assert truth.post_pt_xyz is not None
        assert truth.center_xyz is not None
        assert truth.pre_neuron_id != truth.post_neuron_id
        assert _at(phantom.neurons, truth.pre_pt_xyz) == truth.pre_neuron_id
        assert _at(phantom.neurons, truth.post_pt_xyz) == truth.post_neuron_id
        assert _at(phantom.true_clefts, truth.center_xyz) == truth.synapse_id


def test_candidate_points_lie_in_the_neurons_that_the_row_names(phantom: Phantom) -> None:
    for candidate in phantom.candidates:
        assert candidate.pre_neuron_id != candidate.post_neuron_id
        assert _at(phantom.neurons, candidate.pre_pt_xyz) == candidate.pre_neuron_id
        assert _at(phantom.neurons, candidate.post_pt_xyz) == candidate.post_neuron_id
        assert _at(phantom.clefts, candidate.center_xyz) == candidate.id


def test_true_clefts_lie_between_the_two_neurons(phantom: Phantom) -> None:
    for truth in _real(phantom):
        mask = phantom.true_clefts == truth.synapse_id
        names, counts = np.unique(phantom.neurons[mask], return_counts=True)
        assert set(names.tolist()) == {truth.pre_neuron_id, truth.post_neuron_id}
        assert counts.min() > 0.15 * counts.sum()


def test_true_clefts_are_whole_and_span_several_sections(phantom: Phantom) -> None:
    for truth in _real(phantom):
        mask = phantom.true_clefts == truth.synapse_id
        _, parts = ndimage.label(mask, np.ones((3, 3, 3), bool))
        assert parts == 1
        assert mask.any(axis=(1, 2)).sum() >= 5


def test_vesicles_mark_the_presynaptic_side(phantom: Phantom) -> None:
    """Vesicles make the bouton's texture rougher than that of the other side."""
    high = ndimage.gaussian_filter(phantom.image.astype(np.float32), (0, 0.7, 0.7))
    high -= ndimage.gaussian_filter(high, (0, 2.5, 2.5))
    membrane = ndimage.binary_dilation(
        phantom.neurons != np.roll(phantom.neurons, 1, axis=2), np.ones((1, 9, 9), bool)
    ) | ndimage.binary_dilation(
        phantom.neurons != np.roll(phantom.neurons, 1, axis=1), np.ones((1, 9, 9), bool)
    )
    rougher = []
    for truth in _real(phantom):
        assert truth.center_xyz is not None
        x, y, z = truth.center_xyz
        near = np.s_[max(z - 3, 0) : z + 4, max(y - 25, 0) : y + 26, max(x - 25, 0) : x + 26]
        sides = [
            high[near][(phantom.neurons[near] == neuron) & ~membrane[near]].std()
            for neuron in (truth.pre_neuron_id, truth.post_neuron_id)
        ]
        rougher.append(sides[0] > sides[1])
    assert np.mean(rougher) > 0.9


def test_some_candidates_need_padding_and_most_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where candidates lie does not depend on the image, which takes longest to make."""
    blank = np.zeros((40, 512, 512), np.uint8)
    monkeypatch.setattr(generator, "_paint", lambda *_: blank)
    spec = replace(SPEC, shape_zyx=(40, 512, 512), synapses=8)
    padded = [
        not (8 <= z < 32 and 128 <= y < 384 and 128 <= x < 384)
        for x, y, z in (c.center_xyz for c in make_phantom(spec).candidates)
    ]
    assert 0 < np.mean(padded) <= 0.5


def test_densities_are_dark_and_false_positives_are_not(phantom: Phantom) -> None:
    def darkness(label: int, volume: npt.NDArray[np.uint32]) -> float:
        return float(phantom.image[volume == label].mean())

    true = [darkness(t.synapse_id, phantom.true_clefts) for t in _real(phantom) if t.synapse_id]
    plain = [
        darkness(t.row + 1, phantom.clefts)
        for t in phantom.truth
        if t.kind == "falsePositive" and t.row is not None
    ]
    assert max(true) < min(plain)


def test_only_bad_fits_and_false_positives_have_wrong_masks(phantom: Phantom) -> None:
    for truth in phantom.truth:
        if truth.row is None or truth.synapse_id is None:
            continue
        automatic = phantom.clefts == truth.row + 1
        true = phantom.true_clefts == truth.synapse_id
        overlap = (automatic & true).sum() / (automatic | true).sum()
        assert overlap < 0.5 if truth.kind == "badFit" else overlap > 0.95


def test_only_polarity_switches_exchange_pre_and_post(phantom: Phantom) -> None:
    for truth in phantom.truth:
        if truth.row is None or truth.synapse_id is None:
            continue
        row = phantom.candidates[truth.row]
        named = (row.pre_neuron_id, row.post_neuron_id)
        true = (truth.pre_neuron_id, truth.post_neuron_id)
        assert named == (true[::-1] if truth.kind == "polaritySwitch" else true)


def test_false_positives_touch_no_true_cleft(phantom: Phantom) -> None:
    near = ndimage.binary_dilation(phantom.true_clefts > 0, np.ones((3, 9, 9), bool))
    for truth in phantom.truth:
        if truth.kind == "falsePositive" and truth.row is not None:
            assert not near[phantom.clefts == truth.row + 1].any()


def test_missed_synapses_have_no_candidate_mask(phantom: Phantom) -> None:
    for truth in phantom.truth:
        if truth.kind == "missed":
            mask = phantom.true_clefts == truth.synapse_id
            assert mask.any()
            assert not phantom.clefts[mask].any()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"shape_zyx": (8, 192, 192)}, "shape_zyx: 8 voxels in z"),
        ({"resolution_nm_zyx": (32.0, 0.0, 8.0)}, "resolution_nm_zyx: 0.0 nm in y"),
        ({"synapses": 0}, "synapses: 0"),
        ({"missed_rate": 1.5}, "missed_rate: 1.5"),
        ({"missed_rate": 0.6, "bad_fit_rate": 0.6}, "exceed 1"),
    ],
)
def test_impossible_specs_name_the_field(changes: dict[str, Any], sentence: str) -> None:
    assert set(changes) <= {field.name for field in fields(PhantomSpec)}
    with pytest.raises(ValueError, match=sentence):
        replace(SMALL, **changes)


def test_more_synapses_than_contacts_is_an_error_not_a_short_table() -> None:
    with pytest.raises(ValueError, match=r"synapses: 400 do not fit in shape_zyx"):
        make_phantom(replace(SMALL, synapses=400))
