"""The phantom's rows, its truth document and its mips."""

from __future__ import annotations

import json

import numpy as np
import numpy.typing as npt
import pytest

from apps.voxels.phantom import (
    Phantom,
    PhantomSpec,
    downsample_image,
    downsample_labels,
    make_phantom,
    table_rows,
    truth_document,
)

COLUMNS = [
    "pre_pt_x", "pre_pt_y", "pre_pt_z", "post_pt_x", "post_pt_y", "post_pt_z",
    "x", "y", "z", "pre_neuron_id", "post_neuron_id",
]  # fmt: skip


@pytest.fixture(scope="module")
def phantom() -> Phantom:
    return make_phantom(PhantomSpec(shape_zyx=(24, 192, 192), synapses=8))


def test_rows_have_the_eleven_columns_in_order_as_plain_integers(phantom: Phantom) -> None:
    rows = table_rows(phantom)
    assert len(rows) == len(phantom.candidates)
    for row, candidate in zip(rows, phantom.candidates, strict=True):
        assert list(row) == COLUMNS
        assert {type(value) for value in row.values()} == {int}
        assert (row["x"], row["y"], row["z"]) == candidate.center_xyz
        assert (row["pre_pt_x"], row["pre_pt_y"], row["pre_pt_z"]) == candidate.pre_pt_xyz
        assert row["post_neuron_id"] == candidate.post_neuron_id


def test_the_truth_document_survives_json(phantom: Phantom) -> None:
    document = truth_document(phantom)
    back = json.loads(json.dumps(document))
    assert back["seed"] == phantom.spec.seed
    assert back["spec"]["synapses"] == 8
    assert [entry["row"] for entry in back["rows"]] == list(range(len(phantom.candidates)))
    assert len(back["rows"]) + len(back["missed"]) == len(phantom.truth)
    assert all(entry["kind"] == "missed" for entry in back["missed"])


@pytest.mark.parametrize("shape", [(3, 8, 10), (2, 7, 9)])
def test_mips_halve_y_and_x_and_round_up(shape: tuple[int, int, int]) -> None:
    half = (shape[0], -(-shape[1] // 2), -(-shape[2] // 2))
    image = np.full(shape, 200, np.uint8)
    labels = np.full(shape, 4_000_000_000, np.uint32)
    assert downsample_image(image).shape == half
    assert (downsample_image(image) == 200).all()
    assert downsample_labels(labels).shape == half
    assert (downsample_labels(labels) == 4_000_000_000).all()


def _labels(block: list[list[int]]) -> npt.NDArray[np.uint32]:
    return np.array([block], np.uint32)


def test_an_image_mip_is_the_mean() -> None:
    assert downsample_image(np.array([[[10, 20], [30, 41]]], np.uint8)).tolist() == [[[25]]]


@pytest.mark.parametrize(
    ("block", "label"),
    [
        ([[5, 5], [5, 9]], 5),
        ([[9, 5], [5, 5]], 5),
        ([[1, 2], [3, 2]], 2),
        ([[0, 7], [7, 0]], 7),
        ([[0, 0], [0, 7]], 0),
        ([[0, 0], [0, 0]], 0),
        ([[1, 2], [3, 4]], 1),
    ],
)
def test_a_label_mip_is_the_most_frequent_label(block: list[list[int]], label: int) -> None:
    assert downsample_labels(_labels(block)).tolist() == [[[label]]]
