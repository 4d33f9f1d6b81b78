"""The mask of a synapse that was added, where a later campaign judges it: one that lies at it, or
none, and never its neighbour's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from apps.datasets.domain.layouts import ADDED, ADDED_REACH_NM
from apps.datasets.models import Instance, SynapseTable
from apps.datasets.selectors import cutout_requests
from apps.datasets.services.rendering import render_cutout
from apps.voxels.frames import decode_frames
from apps.voxels.geometry import Point
from apps.voxels.masks import nearest_within
from tests.support.volumes import SPEC, PhantomFiles

pytestmark = pytest.mark.django_db

CROP = Point(64, 64, 6)


def drawn(table: SynapseTable, center: Point) -> tuple[bool, list[str]]:
    """Whether a tile around this voxel has a mask, and what is remarked of that."""
    instance = Instance(center_x=center.x, center_y=center.y, center_z=center.z)
    [request] = cutout_requests(table, [instance], CROP)
    rendered = render_cutout(request)
    headers: list[Any] = [
        frame.header for frame in decode_frames(bytes(rendered.middle) + bytes(rendered.rest))
    ]
    remarks = {one["sentence"] for header in headers for one in header["remarks"]}
    return any(header["mask"] for header in headers), sorted(remarks)


def places(table: SynapseTable, files: PhantomFiles) -> tuple[Point, Point]:
    """A voxel of a cleft, and one beside it that lies too far from every label, with that cleft
    still in its crop."""
    clefts = files.phantom.clefts
    for instance in table.instances.order_by("source_id"):
        z, y, x = instance.center.z, instance.center.y, instance.center.x
        for away in (16, 20, 24):
            lo = (max(0, z - 3), max(0, y - 32), max(0, x + away - 32))
            part = clefts[lo[0] : z + 3, lo[1] : y + 32, lo[2] : x + away + 32]
            centre = (z - lo[0], y - lo[1], x + away - lo[2])
            if clefts[z, y, x] and part.any() and not _near(part > 0, centre):
                return Point(x, y, z), Point(x + away, y, z)
    raise AssertionError("the phantom has no such place")


def _near(mask: np.ndarray[Any, np.dtype[np.bool_]], centre: tuple[int, int, int]) -> bool:
    near = nearest_within(lambda _: mask, [centre], SPEC.resolution_nm_zyx, ADDED_REACH_NM)
    return bool(near.any())


def test_an_added_synapse_has_not_the_mask_of_its_neighbour(
    table: SynapseTable, phantom_files: PhantomFiles
) -> None:
    on_cleft, beside = places(table, phantom_files)
    assert drawn(table, beside)[0], "of a table the nearest one is meant"
    table.layout = ADDED
    has_mask, remarks = drawn(table, beside)
    assert not has_mask
    assert any("of this synapse, which was added" in sentence for sentence in remarks)
    assert drawn(table, on_cleft)[0], "what lies at it may be its own"


def test_pictures_of_tables_have_the_keys_that_they_had(table: SynapseTable) -> None:
    [request] = cutout_requests(table, table.instances.all()[:1], CROP)
    assert request.reach_nm is None
    assert replace(request, reach_nm=ADDED_REACH_NM).key != request.key
