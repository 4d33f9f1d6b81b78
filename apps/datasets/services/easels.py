"""Read and render easels. Celery workers call this; the web process never imports it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import structlog

from apps.datasets.domain.easels import EaselRequest
from apps.datasets.services.cutouts import cutout_store
from apps.datasets.services.reading import PlaceUnreadableError, reader_of, unreadable_chunk
from apps.datasets.services.rendering import UndrawableError, claim_rendering
from apps.voxels.easel_pictures import draw_easel, image_on_box, original_mask
from apps.voxels.geometry import GeometryError
from apps.voxels.masks import Mask
from apps.voxels.tiles import DrawingError

log = structlog.get_logger(__name__)


@dataclass(frozen=True, eq=False)
class EaselImage:
    """The image at the voxels that are drawn on: `gray` `(z, y, x)` uint8, and `known` bool, False
    where the image has no data."""

    gray: npt.NDArray[np.uint8]
    known: npt.NDArray[np.bool_]


def render_easel(request: EaselRequest) -> bool:
    """Render an easel into Redis; whether this process did. Where it cannot be read or drawn, the
    reason is stored in its place.

    Raises UndrawableError once that is stored.
    """
    store = cutout_store()
    if not store.missing([request.key]) or claim_rendering(store, request.key) is None:
        return False
    try:
        plan = request.plan
        image = reader_of(request.image, "image", plan.image, "raw")
        labels = reader_of(request.mask, "cleft", plan.original, "same")
        target = (request.mask.grid.resolution, request.mask.grid.bounds)
        drawn = draw_easel(plan, image(), labels(), target, request.key, request.reach)
        store.put(request.key, drawn)
    except PlaceUnreadableError as error:
        store.put_unreadable(request.key, error.sentence, error.retry_after_s)
        return False
    except (GeometryError, DrawingError) as error:
        log.exception("easel_undrawable", key=request.key)
        undrawable = _undrawable(request, error)
        store.put_unreadable(request.key, undrawable.sentence)
        raise undrawable from error
    return True


def read_image(request: EaselRequest) -> EaselImage:
    """The image of an easel at the voxels that are drawn on.

    Raises PlaceUnreadableError and UndrawableError.
    """
    try:
        plan = request.plan
        stored = reader_of(request.image, "image", plan.image, "raw")()
        return EaselImage(*image_on_box(plan, stored))
    except (GeometryError, DrawingError) as error:
        raise _undrawable(request, error) from error


def read_mask(request: EaselRequest) -> Mask:
    """The mask `(z, y, x)` bool at the voxels that are drawn on, as the volume has it.

    Raises PlaceUnreadableError.
    """
    plan = request.plan
    labels = reader_of(request.mask, "cleft", plan.original, "same")()
    return original_mask(plan, labels, request.mask.grid.resolution, request.reach)


def unreadable_part(request: EaselRequest) -> str | None:
    """What the file of the cleft volume is called that keeps `read_mask` from reading, if that is
    found out."""
    return unreadable_chunk(request.mask, request.plan.original, "same")


def _undrawable(request: EaselRequest, error: Exception) -> UndrawableError:
    return UndrawableError(f"What is around {tuple(request.centre)} cannot be drawn on: {error}.")
