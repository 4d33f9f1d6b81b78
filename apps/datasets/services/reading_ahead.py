"""Read for several cutouts at once where the storage is far away.

To read from far away is to wait, and many can wait at once. To read from a disk is to decode, of
which a process does one thing at a time; then each cutout is read when its turn has come, and finds
the chunks that were decoded for its neighbour.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from apps.core.errors import SynAnnoError
from apps.datasets.domain import CutoutRequest
from apps.datasets.services.reading import Reader, reader_of
from apps.voxels.geometry import GeometryError

FAR_S = 0.1
MOST_AT_ONCE = 6
MOST_VOXELS = 8_000_000  # of the images that are read at once; labels take eight bytes each
_FORGETTING = 0.9

# By address, how long it took to read for a cutout; what is found in a cache says little about the
# next one, so that the longest of the last reads counts.
_paces: dict[str, float] = {}


class Voxels(NamedTuple):
    """What a cutout is drawn from: `(z, y, x)`, the image uint8 and the labels of the clefts."""

    image: npt.NDArray[np.generic]
    mask: npt.NDArray[np.generic]


Read = Callable[[], Voxels]


@dataclass(frozen=True)
class ClaimedCutout:
    """A cutout that this process is to render; `attempt` counts from 1."""

    request: CutoutRequest
    attempt: int


def read_each(cutouts: Iterable[ClaimedCutout]) -> Iterator[tuple[ClaimedCutout, Read]]:
    """The cutouts in their order, each with what gives its voxels, once.

    That raises PlaceUnreadableError and GeometryError. A cutout that may have ended its reader is
    read alone, so that others do not share its fate.
    """
    begun: deque[tuple[ClaimedCutout, Read]] = deque()
    with ExitStack() as at_end:
        pool = ThreadPoolExecutor(2 * MOST_AT_ONCE, "reads-ahead")
        at_end.callback(pool.shutdown, wait=False, cancel_futures=True)
        for cutout in cutouts:
            at_once = _at_once(cutout)
            while begun and len(begun) >= at_once:
                yield begun.popleft()
            if at_once == 1:
                yield cutout, partial(read_voxels, cutout.request)
            else:
                begun.append((cutout, _begin(cutout.request, pool)))
        yield from begun


def read_voxels(request: CutoutRequest) -> Voxels:
    """The voxels of a cutout. Raises PlaceUnreadableError and GeometryError."""
    image, mask = _readers_of(request)
    return Voxels(_timed(request, image), mask())


def _begin(request: CutoutRequest, pool: ThreadPoolExecutor) -> Read:
    """Have both volumes read from now on; the database is not asked in those threads."""
    try:
        image_reader, mask_reader = _readers_of(request)
    except (SynAnnoError, GeometryError) as error:
        return _raising(error)
    image = pool.submit(copy_context().run, _timed, request, image_reader)
    mask = pool.submit(copy_context().run, mask_reader)
    return lambda: Voxels(image.result(), mask.result())


def _readers_of(request: CutoutRequest) -> tuple[Reader, Reader]:
    """What reads the image and the clefts of a cutout. Raises PlaceUnreadableError."""
    plan = request.plan
    image = reader_of(request.image, "image", plan.image, "raw")
    return image, reader_of(request.mask, "cleft", plan.mask, "same")


def _timed(request: CutoutRequest, read: Reader) -> npt.NDArray[np.generic]:
    """Read the image, and note how long it took; what was given up says nothing of that."""
    began = time.monotonic()
    image = read()
    address, took = request.image.address, time.monotonic() - began
    _paces[address] = max(took, _FORGETTING * _paces.get(address, 0.0))
    return image


def _at_once(cutout: ClaimedCutout) -> int:
    """For how many cutouts like this one is read at the same time."""
    request = cutout.request
    if cutout.attempt > 1 or _paces.get(request.image.address, 0.0) < FAR_S:
        return 1
    try:
        voxels = math.prod(request.plan.image.wanted.size)
    except GeometryError:
        return 1
    return max(1, min(MOST_AT_ONCE, MOST_VOXELS // max(1, voxels)))


def _raising(error: Exception) -> Read:
    def read() -> Voxels:
        raise error

    return read
