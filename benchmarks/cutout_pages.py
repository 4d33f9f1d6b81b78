"""Cutout requests on a bench volume, grouped into pages."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from apps.datasets.domain import CutoutRequest, VolumeRef
from apps.datasets.gateways.volumes import inspect_volume
from apps.datasets.services.rendering import in_reading_order
from apps.voxels.geometry import Point
from benchmarks.volumes import BenchVolume

PAGE_SIZE = 12
_TIMEOUT_S = 20.0


class TableOrder(StrEnum):
    """How the rows of the synapse table lie: pages are cut from it in this order."""

    BY_PLACE = "table in order of place"  # as a detector writes it
    SHUFFLED = "shuffled table"  # no instance of a page lies near another


def pages_of(
    volume: BenchVolume, *, image_mip: int, crop: Point, order: TableOrder
) -> list[list[CutoutRequest]]:
    """Pages of 12 requests, each sorted as the renderer sorts it. Only whole pages."""
    image, mask = _ref(volume.image, image_mip), _ref(volume.clefts, 0)
    requests = [
        CutoutRequest(image, mask, synapse.centre, crop, synapse.pre_pt, synapse.post_pt)
        for synapse in volume.synapses
    ]
    if order is TableOrder.BY_PLACE:
        requests = in_reading_order(requests)
    whole = range(0, len(requests) - PAGE_SIZE + 1, PAGE_SIZE)
    return [in_reading_order(requests[start : start + PAGE_SIZE]) for start in whole]


def _ref(address: str, mip: int) -> VolumeRef:
    facts = inspect_volume(address, mip=mip, axis_order="xyz", field="volume", timeout_s=_TIMEOUT_S)
    return VolumeRef(address.removeprefix("precomputed://"), mip, "xyz", facts.version, facts.grid)


def spread(pages: Sequence[list[CutoutRequest]], count: int) -> list[list[CutoutRequest]]:
    """`count` successive pages from the middle: the first ones lie at a corner of the volume."""
    start = max(0, (len(pages) - count) // 2)
    return list(pages[start : start + count])
