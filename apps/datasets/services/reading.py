"""Read parts of volumes for cutouts, without losing more time to a silent volume than needed.

docs/adr/0004 says how long a process waits, and why.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import structlog
from django.conf import settings

from apps.core.errors import SynAnnoError
from apps.datasets.domain import VolumeRef
from apps.datasets.domain.secrets import Credentials
from apps.datasets.gateways.cutout_store import UNREADABLE_TTL_S
from apps.datasets.gateways.volume_states import DOWN_S, VolumeStates, connect
from apps.datasets.gateways.volumes import (
    SLOW_S,
    ChunkUnreadableError,
    KeptAs,
    VolumeSilentError,
    chunks_of,
    read_box,
)
from apps.datasets.services.secrets import SecretUnreadableError, credentials_for_reading
from apps.voxels.cutouts import Region

# The place that found a volume silent is tried again after the others have had their turn: if it
# alone hangs, it does not keep them from being shown.
SILENT_PLACE_TTL_S = DOWN_S + 15
_SPARE_S = 5  # beyond its limit, for a read to be given up and noted


class PlaceUnreadableError(SynAnnoError):
    """A place of a volume cannot be shown now; the sentence is for annotators, without addresses.

    `retry_after_s`: when it is worth another try.
    """

    code = "place_unreadable"

    def __init__(self, sentence: str, retry_after_s: int) -> None:
        super().__init__(sentence)
        self.retry_after_s = retry_after_s


# Gives `(z, y, x)`.
Reader = Callable[[], npt.NDArray[np.generic]]

log = structlog.get_logger(__name__)


def reader_of(volume: VolumeRef, kind: str, region: Region, kept_as: KeptAs) -> Reader:
    """What reads the stored part of a region of the volume of this kind, in whichever thread.

    A volume that is known to be silent is not read. Both this and what it gives raise
    PlaceUnreadableError; only this asks the database.
    """
    where = f"{kind} volume near {_middle(region)}"
    try:
        credentials = volume.secret and credentials_for_reading(*volume.secret)
    except SecretUnreadableError as error:
        raise _unreadable(volume, where, error, "the login for it cannot be used") from error

    def read() -> npt.NDArray[np.generic]:
        states = connect(settings.REDIS_CLIENT_URL)
        if states.is_silent(volume.address):
            raise PlaceUnreadableError(
                f"The {where} is not read now, because the volume does not answer. "
                "It is tried again soon.",
                UNREADABLE_TTL_S,
            )
        try:
            return _read(states, volume, region, kept_as, credentials or None)
        except VolumeSilentError as error:
            log.warning("volume_down", volume=volume.address, reason=error.sentence, for_s=DOWN_S)
            states.note_down(volume.address)
            raise PlaceUnreadableError(
                f"The {where} did not answer in time. It is tried again in a while.",
                SILENT_PLACE_TTL_S,
            ) from error
        except ChunkUnreadableError as error:
            raise _unreadable(volume, where, error, error.why) from error

    return read


def unreadable_chunk(volume: VolumeRef, region: Region, kept_as: KeptAs) -> str | None:
    """What the file of the first chunk is called that keeps a region of a volume from being read;
    None where nothing is found out, as where the volume does not answer. Chunks are read one by
    one."""
    options: dict[str, Any] = {"cache_mb": settings.ENVIRONMENT.chunk_cache_mb, "kept_as": kept_as}
    if connect(settings.REDIS_CLIENT_URL).is_silent(volume.address):
        return None
    try:
        options["credentials"] = volume.secret and credentials_for_reading(*volume.secret)
        for name, box in chunks_of(volume, region.stored, **options):
            try:
                read_box(volume, box, timeout_s=SLOW_S, **options)
            except ChunkUnreadableError:
                return name
    except SynAnnoError:
        return None
    return None


def _unreadable(
    volume: VolumeRef, where: str, error: SynAnnoError, why: str
) -> PlaceUnreadableError:
    log.warning("place_unreadable", volume=volume.address, reason=error.sentence)
    because = f": {why}" if why else ""
    return PlaceUnreadableError(
        f"The {where} cannot be read{because}. It is tried again soon.", UNREADABLE_TTL_S
    )


def _read(
    states: VolumeStates,
    volume: VolumeRef,
    region: Region,
    kept_as: KeptAs,
    credentials: Credentials | None,
) -> npt.NDArray[np.generic]:
    environment = settings.ENVIRONMENT
    waits = False

    def may_wait() -> bool:
        nonlocal waits
        waits = states.begin_waiting(volume.address, environment.read_timeout_s + _SPARE_S)
        return waits

    try:
        return read_box(
            volume,
            region.stored,
            cache_mb=environment.chunk_cache_mb,
            timeout_s=environment.read_timeout_s,
            kept_as=kept_as,
            may_wait=may_wait,
            credentials=credentials,
        )
    finally:
        if waits:
            states.end_waiting(volume.address)


def _middle(region: Region) -> tuple[int, ...]:
    lo, hi = region.wanted.lo, region.wanted.hi
    return tuple((low + high) // 2 for low, high in zip(lo, hi, strict=True))
