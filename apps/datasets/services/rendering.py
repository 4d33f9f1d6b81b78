"""Render cutouts into Redis. Celery workers call this; the web process never imports it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import structlog
from django.conf import settings

from apps.datasets.domain import CutoutRequest, VolumeRef, in_reading_order
from apps.datasets.gateways.cutout_store import MAX_ATTEMPTS
from apps.datasets.gateways.volumes import ChunkUnreadableError, KeptAs, read_box
from apps.datasets.services.cutouts import cutout_store
from apps.voxels.cutouts import Region
from apps.voxels.frames import RenderedCutout
from apps.voxels.tiles import Scene, render

log = structlog.get_logger(__name__)


def render_cutouts(requests: Sequence[CutoutRequest]) -> int:
    """Render what is not in Redis yet; how many were rendered.

    Cutouts are rendered in the order of their place, so that decoded chunks are used again. One
    that cannot be read is stored as a marked tile with the reason.
    """
    store = cutout_store()
    missing = set(store.missing([request.key for request in requests]))
    rendered = 0
    for request in in_reading_order([r for r in requests if r.key in missing]):
        attempt = store.claim(request.key, settings.ENVIRONMENT.read_timeout_s)
        if attempt is None:
            continue
        if attempt > MAX_ATTEMPTS:
            store.put_unreadable(
                request.key,
                f"Reading this place ended its reader {MAX_ATTEMPTS} times; "
                "a chunk may be damaged.",
            )
            continue
        try:
            store.put(request.key, render_cutout(request))
            rendered += 1
        except ChunkUnreadableError as error:
            log.warning("cutout_unreadable", key=request.key, reason=error.sentence)
            store.put_unreadable(request.key, error.sentence)
    return rendered


def render_cutout(request: CutoutRequest) -> RenderedCutout:
    """Read and render one cutout.

    Raises ChunkUnreadableError.
    """
    plan = request.plan
    scene = Scene(
        plan=plan,
        image=_read(request.image, plan.image, "raw"),
        mask=_read(request.mask, plan.mask, "same"),
        image_resolution=request.image.grid.resolution,
        mask_resolution=request.mask.grid.resolution,
        pre_pt=request.pre_pt,
        post_pt=request.post_pt,
    )
    return render(scene, request.key)


def _read(volume: VolumeRef, region: Region, kept_as: KeptAs) -> npt.NDArray[np.generic]:
    environment = settings.ENVIRONMENT
    return read_box(
        volume,
        region.stored,
        cache_mb=environment.chunk_cache_mb,
        timeout_s=environment.read_timeout_s,
        kept_as=kept_as,
    )
