"""The ways that are measured beside ours do the work that they stand for."""

from __future__ import annotations

import http.client
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from apps.datasets.domain import CutoutRequest, VolumeRef
from apps.datasets.gateways.volumes import inspect_volume
from apps.datasets.services.rendering import render_cutout
from apps.voxels.geometry import Point
from benchmarks.floor import floor_work
from benchmarks.original_way import OriginalReaders, draw_instance
from benchmarks.slow_store import slow_store
from tests.support.volumes import PhantomFiles


@pytest.fixture
def synapse(phantom_files: PhantomFiles) -> CutoutRequest:
    """The cutout of a candidate in the middle of the phantom."""

    def ref(address: str) -> VolumeRef:
        facts = inspect_volume(address, mip=0, axis_order="xyz", field="volume", timeout_s=10)
        bare = address.removeprefix("precomputed://")
        return VolumeRef(bare, 0, "xyz", facts.version, facts.grid)

    middle = np.array(phantom_files.phantom.image.shape)[::-1] / 2
    candidate = min(
        phantom_files.phantom.candidates,
        key=lambda one: float(np.abs(np.array(one.center_xyz) - middle).max()),
    )
    return CutoutRequest(
        image=ref(phantom_files.image),
        mask=ref(phantom_files.cleft),
        centre=Point(*candidate.center_xyz),
        crop=Point(64, 64, 4),
        pre_pt=Point(*candidate.pre_pt_xyz),
        post_pt=Point(*candidate.post_pt_xyz),
    )


def test_the_originals_way_paints_a_png_a_slice(synapse: CutoutRequest) -> None:
    slices = [
        np.asarray(Image.open(io.BytesIO(png)))
        for png in draw_instance(synapse, OriginalReaders.open(synapse))
    ]
    assert [picture.shape for picture in slices] == [(64, 64, 4)] * 4
    middle = slices[synapse.plan.middle].astype(int)
    tinted = (middle[..., 0] > middle[..., 1] + 40) & (middle[..., 2] > middle[..., 1] + 40)
    assert tinted.any(), "no mask is to be seen"


def test_the_floor_decodes_each_chunk_once(synapse: CutoutRequest) -> None:
    rendered = render_cutout(synapse)
    once = floor_work([synapse], [rendered])
    twice = floor_work([synapse, synapse], [rendered, rendered])
    assert len(set(once.chunks)) == len(once.chunks) > 0
    assert twice.chunks == once.chunks
    assert len(twice.images) == 2 * len(once.images) == 4  # middle and rest of two cutouts
    assert len(once.masks) > 0
    once.do()


def test_a_far_store_serves_plain_and_packed_files(tmp_path: Path) -> None:
    (tmp_path / "info").write_bytes(b"plain")
    (tmp_path / "chunk.gz").write_bytes(b"packed")
    with slow_store(tmp_path, wait_s=0.0) as address:
        connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=10)
        got = []
        for name in ("info", "chunk", "nothing"):
            connection.request("GET", f"/{name}")
            response = connection.getresponse()
            got.append((response.status, response.headers["Content-Encoding"]))
            content = response.read()
            assert (content in {b"plain", b"packed"}) is (response.status == http.client.OK)
        connection.close()
    assert got == [(200, None), (200, "gzip"), (404, None)]
