"""What a volume says of itself, checked before anything is read from it."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Sequence
from typing import Any

from cloudvolume.exceptions import InfoUnavailableError, ScaleUnavailableError

from apps.core.errors import InvalidInputError
from apps.datasets.domain import VolumeFacts
from apps.datasets.domain.secrets import Credentials
from apps.datasets.gateways.guarded.cloud_files import refusal_in
from apps.datasets.gateways.guarded.refusals import was_refused
from apps.datasets.gateways.volumes.addresses import check_address
from apps.datasets.gateways.volumes.errors import (
    INFO_ERRORS,
    SOURCE_ERRORS,
    VolumeUnreachableError,
    first_line,
)
from apps.datasets.gateways.volumes.info_checks import (
    InfoLiesError,
    check_storage,
    checked_channels,
    checked_dtype,
    numbers,
    stumbled_over,
    whole_numbers,
)
from apps.datasets.gateways.volumes.opening import open_volume, within
from apps.datasets.gateways.volumes.reasons import REFUSED
from apps.voxels.cutouts import Grid
from apps.voxels.geometry import AXES, AxisOrder, Box, GeometryError, Point, Resolution

LARGEST_VOXEL = 2**31 - 1


def inspect_volume(
    address: str,
    *,
    mip: int,
    axis_order: str,
    field: str,
    timeout_s: float,
    credentials: Credentials | None = None,
) -> VolumeFacts:
    """What the volume at `address` says of itself at `mip`.

    Raises VolumeUnreachableError or InvalidInputError, each naming `field`.
    """
    bare = check_address(address, field)
    order = _axis_order(axis_order, field)
    if mip < 0:
        raise InvalidInputError(f"{field}: {address} has no mip {mip}.", field=field)

    began = time.monotonic()

    def opened() -> Any:
        return open_volume(bare, mip, 0, credentials=credentials, field=field)

    try:
        return _facts(within(timeout_s, opened), mip, order)
    except ScaleUnavailableError as error:
        raise InvalidInputError(f"{field}: {address} has no mip {mip}.", field=field) from error
    except (GeometryError, InfoLiesError) as error:
        raise InvalidInputError(f"{field}: {address}: {error}.", field=field) from error
    except TimeoutError as error:
        raise VolumeUnreachableError(
            f"{field}: {address} did not answer within {timeout_s:g} s.", field=field
        ) from error
    except InfoUnavailableError as error:
        # Whom a bucket does not know it tells no more of what it has.
        is_refused = was_refused(bare, began)
        reason = f"{REFUSED}." if is_refused else "there is no info file, or it may not be read."
        raise _not_opened(field, address, reason) from error
    except SOURCE_ERRORS as error:
        raise _not_opened(field, address, first_line(refusal_in(error) or error)) from error
    except INFO_ERRORS as error:
        refusal = refusal_in(error)
        reason = stumbled_over(error) if refusal is None else first_line(refusal)
        raise _not_opened(field, address, reason) from error


def _not_opened(field: str, address: str, reason: str) -> VolumeUnreachableError:
    return VolumeUnreachableError(
        f"{field}: the volume at {address} cannot be opened: {reason}", field=field
    )


def _axis_order(text: str, field: str) -> AxisOrder:
    try:
        return AxisOrder(text)
    except GeometryError as error:
        raise InvalidInputError(f"{field}: {error}.", field=field) from error


def _facts(volume: Any, mip: int, order: AxisOrder) -> VolumeFacts:
    scale = volume.info["scales"][mip]
    dtype = checked_dtype(volume.info)
    channels = checked_channels(volume.info)
    size = order.to_physical(whole_numbers(scale, "size"))
    lo = order.to_physical(whole_numbers(scale, "voxel_offset", (0, 0, 0)))
    resolution = Resolution(*order.to_physical(numbers(scale, "resolution")))
    check_storage(volume.info, mip)
    info = json.dumps(volume.info, sort_keys=True, default=str)
    return VolumeFacts(
        grid=Grid(resolution, _bounds(lo, size)),
        dtype=dtype,
        channels=channels,
        version=hashlib.sha256(info.encode()).hexdigest(),
    )


def _bounds(lo: Sequence[float], size: Sequence[float]) -> Box:
    """The bounds of a volume; GeometryError where they are empty or too large to be kept."""
    hi = [start + length for start, length in zip(lo, size, strict=True)]
    for axis, start, end in zip(AXES, lo, hi, strict=True):
        if start >= end:
            raise GeometryError(f"the volume is empty along {axis}")
        if not -LARGEST_VOXEL <= start < end <= LARGEST_VOXEL:
            raise GeometryError(f"the bounds along {axis} reach beyond {LARGEST_VOXEL} voxels")
    return Box(Point(*map(int, lo)), Point(*map(int, hi)))
