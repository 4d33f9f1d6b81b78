"""Render cutouts into Redis. Celery workers call this; the web process never imports it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import structlog
from django.conf import settings

from apps.core.errors import SynAnnoError
from apps.datasets.domain import CutoutRequest
from apps.datasets.gateways.cutout_store import MAX_ATTEMPTS, CutoutStore
from apps.datasets.services.cutouts import cutout_store
from apps.datasets.services.reading import PlaceUnreadableError
from apps.datasets.services.reading_ahead import ClaimedCutout, Read, read_each, read_voxels
from apps.voxels.frames import RenderedCutout
from apps.voxels.geometry import GeometryError
from apps.voxels.morton import morton_codes
from apps.voxels.tiles import DrawingError, Scene, render

OUTSIDE_TTL_S = 300  # nothing changes it but another volume, whose cutouts have other keys

log = structlog.get_logger(__name__)


class UndrawableError(SynAnnoError):
    """What was read cannot be made into a picture, and trying again will not help."""

    code = "undrawable"


def render_cutouts(requests: Sequence[CutoutRequest]) -> int:
    """Render what is not in Redis yet; how many were rendered.

    Cutouts are rendered in the order of their place, so that decoded chunks are used again. One
    that cannot be read or drawn is stored as a marked tile with the reason. Raises UndrawableError
    once all are stored, if any could not be drawn.
    """
    store = cutout_store()
    wanted = {request.key: request for request in requests}
    missing = store.missing(list(wanted))
    rendered = 0
    undrawable: UndrawableError | None = None
    claimed = _claimed(store, in_reading_order(wanted[key] for key in missing))
    for cutout, read in read_each(claimed):
        try:
            rendered += _render_or_mark(store, cutout, read)
        except UndrawableError as error:
            undrawable = error
    if undrawable is not None:
        raise undrawable
    return rendered


def in_reading_order(requests: Iterable[CutoutRequest]) -> list[CutoutRequest]:
    """Neighbours after each other, so that chunks are reused."""
    given = list(requests)
    centres = np.array([request.centre for request in given], dtype=np.int64).reshape(-1, 3)
    return [given[place] for place in np.argsort(morton_codes(centres), kind="stable")]


def _claimed(store: CutoutStore, requests: Iterable[CutoutRequest]) -> Iterator[ClaimedCutout]:
    """Those that nobody else renders; each is claimed when it is asked for."""
    for request in requests:
        attempt = claim_rendering(store, request.key)
        if attempt is not None:
            yield ClaimedCutout(request, attempt)


def claim_rendering(store: CutoutStore, key: str) -> int | None:
    """Take the rendering of what reads two volumes: which attempt it is, from 1.

    None where another process is at it, or where it was given up, which is then stored.
    """
    # It reads two volumes, each for at most the limit.
    attempt = store.claim(key, 2 * settings.ENVIRONMENT.read_timeout_s + 1)
    if attempt is None or attempt <= MAX_ATTEMPTS:
        return attempt
    store.put_unreadable(
        key, f"Reading this place ended its reader {MAX_ATTEMPTS} times; a chunk may be damaged."
    )
    return None


def _render_or_mark(store: CutoutStore, cutout: ClaimedCutout, read: Read) -> bool:
    """Store the cutout; False where the reason was stored why it cannot be read.

    Raises UndrawableError, with the reason stored.
    """
    key = cutout.request.key
    try:
        _check_reached(cutout.request)
        store.put(key, render_cutout(cutout.request, read))
    except PlaceUnreadableError as error:
        store.put_unreadable(key, error.sentence, error.retry_after_s)
        return False
    except UndrawableError as error:
        log.exception("cutout_undrawable", key=key)
        store.put_unreadable(key, error.sentence)
        raise
    return True


def render_cutout(request: CutoutRequest, read: Read | None = None) -> RenderedCutout:
    """Read and render one cutout; `read` gives its voxels where that has begun already.

    Raises PlaceUnreadableError and UndrawableError.
    """
    try:
        voxels = read_voxels(request) if read is None else read()
        scene = Scene(
            plan=request.plan,
            image=voxels.image,
            mask=voxels.mask,
            image_resolution=request.image.grid.resolution,
            mask_resolution=request.mask.grid.resolution,
            pre_pt=request.pre_pt,
            post_pt=request.post_pt,
            reach_nm=request.reach_nm,
        )
        return render(scene, request.key)
    except (GeometryError, DrawingError) as error:
        raise UndrawableError(
            f"The cutout around {tuple(request.centre)} cannot be drawn: {error}."
        ) from error


def _check_reached(request: CutoutRequest) -> None:
    """Refuse what would be a picture of nothing but padding.

    Raises PlaceUnreadableError.
    """
    try:
        plan = request.plan
    except GeometryError:
        return  # rendering says what is wrong with it
    if not plan.image.stored.is_empty:
        return
    wanted, bounds = plan.image.wanted, request.image.grid.bounds
    middle = tuple((low + high) // 2 for low, high in zip(wanted.lo, wanted.hi, strict=True))
    raise PlaceUnreadableError(
        f"This synapse lies outside the image volume: it is near {middle}, and the volume spans "
        f"{tuple(bounds.lo)} to {tuple(bounds.hi)}, in voxels of the image.",
        OUTSIDE_TTL_S,
    )
