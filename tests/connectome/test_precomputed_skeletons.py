"""The bytes of precomputed skeletons, as osteoid (CloudVolume) and Neuroglancer have them."""

from __future__ import annotations

import numpy as np
import osteoid
import pytest
from hypothesis import given

from apps.connectome.skeletons import Skeleton, SkeletonError
from apps.connectome.skeletons.precomputed import Attribute, decode, encode
from tests.connectome.trees import skeletons

RADIUS = {"id": "radius", "data_type": "float32", "num_components": 1}
TYPES = {"id": "vertex_types", "data_type": "uint8", "num_components": 1}


@given(skeletons())
def test_what_was_written_is_read_again(one: Skeleton) -> None:
    again = decode(encode(one))
    assert np.array_equal(again.vertices_nm, one.vertices_nm)
    assert np.array_equal(again.edges, one.edges)
    assert np.isnan(again.radii_nm).all()


def test_osteoid_reads_what_we_write() -> None:
    ours = Skeleton(np.eye(3) * 1000, np.array([[0, 1], [1, 2]]), np.array([5.0, np.nan, 2]), 0)
    theirs = osteoid.Skeleton.from_precomputed(encode(ours), vertex_attributes=[RADIUS])
    assert np.array_equal(theirs.vertices, ours.vertices_nm)
    assert np.array_equal(theirs.edges, ours.edges)
    assert theirs.radius.tolist() == [5, 0, 2]


def test_we_read_what_osteoid_writes_with_types_and_a_transform() -> None:
    theirs = osteoid.Skeleton(
        np.array([[1, 2, 3], [4, 5, 6]], np.float32),
        np.array([[0, 1]], np.uint32),
        radii=np.array([7, 8], np.float32),
        vertex_types=np.array([3, 1], np.uint8),
        extra_attributes=[RADIUS, TYPES],
    )
    attributes = (Attribute("radius", "float32", 1), Attribute("vertex_types", "uint8", 1))
    grow_and_shift = np.array([[10.0, 0, 0, 1], [0, 10, 0, 0], [0, 0, 40, 0]])
    ours = decode(theirs.to_precomputed(), attributes, grow_and_shift)
    assert ours.vertices_nm.tolist() == [[11, 20, 120], [41, 50, 240]]
    assert ours.radii_nm.tolist() == [7, 8]
    assert ours.soma == 1


def test_attributes_may_be_left_out() -> None:
    bare = encode(Skeleton(np.zeros((2, 3)), np.array([[0, 1]]), np.array([1.0, 2])))[:-8]
    assert np.isnan(decode(bare).radii_nm).all()


@pytest.mark.parametrize("missing", [1, 9, 20, 40])
def test_bytes_that_end_too_early_are_refused(missing: int) -> None:
    whole = encode(Skeleton(np.zeros((2, 3)), np.array([[0, 1]]), np.array([1.0, 2])))
    with pytest.raises(SkeletonError, match=r"ends after|only \d bytes"):
        decode(whole[:-missing])


def test_a_head_that_names_billions_takes_no_memory() -> None:
    with pytest.raises(SkeletonError, match="4,294,967,295 vertices"):
        decode(b"\xff" * 8)


def test_edges_and_places_that_cannot_be_are_refused() -> None:
    whole = bytearray(encode(Skeleton(np.zeros((2, 3)), np.array([[0, 1]]), np.array([1.0, 2]))))
    whole[32:36] = (7).to_bytes(4, "little")
    with pytest.raises(SkeletonError, match="not there"):
        decode(bytes(whole))
    whole[8:12] = np.float32("nan").tobytes()
    with pytest.raises(SkeletonError, match="no number"):
        decode(bytes(whole))
