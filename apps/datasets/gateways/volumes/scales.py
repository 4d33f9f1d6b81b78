"""The mips of a volume, for somebody who chooses one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from apps.datasets.domain.plans import Scale
from apps.datasets.domain.secrets import Credentials
from apps.datasets.gateways.guarded.cloud_files import refusal_in
from apps.datasets.gateways.volumes.addresses import check_address
from apps.datasets.gateways.volumes.errors import (
    INFO_ERRORS,
    SOURCE_ERRORS,
    VolumeUnreachableError,
    first_line,
)
from apps.datasets.gateways.volumes.info_checks import stumbled_over
from apps.datasets.gateways.volumes.opening import open_volume, within
from apps.voxels.geometry import AxisOrder

_MOST_SCALES = 64


def list_scales(
    address: str,
    *,
    axis_order: str,
    field: str,
    timeout_s: float,
    credentials: Credentials | None = None,
) -> tuple[Scale, ...]:
    """The mips that a volume says it has, the finest first; sizes and resolutions in x, y, z.

    Only what is told: `inspect_volume` checks the mip that is chosen. Raises
    VolumeUnreachableError naming `field`.
    """
    bare = check_address(address, field)
    order = AxisOrder(axis_order)

    def opened() -> Any:
        return open_volume(bare, 0, 0, credentials=credentials, field=field)

    try:
        volume = within(timeout_s, opened)
        scales = volume.info["scales"][:_MOST_SCALES]
        return tuple(_scale(mip, scale, order) for mip, scale in enumerate(scales))
    except TimeoutError as error:
        raise VolumeUnreachableError(
            f"{field}: {address} did not answer within {timeout_s:g} s.", field=field
        ) from error
    except (*SOURCE_ERRORS, *INFO_ERRORS) as error:
        refusal = refusal_in(error) or (error if isinstance(error, SOURCE_ERRORS) else None)
        reason = stumbled_over(error) if refusal is None else first_line(refusal)
        raise VolumeUnreachableError(
            f"{field}: the volume at {address} cannot be opened: {reason}", field=field
        ) from error


def _scale(mip: int, scale: Mapping[str, Any], order: AxisOrder) -> Scale:
    chunk = scale["chunk_sizes"][0]
    return Scale(
        mip=mip,
        resolution_nm=order.to_physical(_three(scale["resolution"], float)),
        size=order.to_physical(_three(scale["size"], int)),
        offset=order.to_physical(_three(scale.get("voxel_offset", (0, 0, 0)), int)),
        chunk=order.to_physical(_three(chunk, int)),
        encoding=str(scale.get("encoding"))[:40],
    )


def _three(values: Sequence[Any], kind: type) -> tuple[Any, Any, Any]:
    x, y, z = (kind(value) for value in values)
    return x, y, z
