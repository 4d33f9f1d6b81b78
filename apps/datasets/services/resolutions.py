"""Resolutions as people give them."""

from __future__ import annotations

from collections.abc import Sequence

from apps.core.errors import InvalidInputError
from apps.voxels.geometry import AXES, GeometryError, Resolution

_FINEST_NM, _COARSEST_NM = 0.01, 1e6


def given_resolution(field: str, values: Sequence[float] | None) -> Resolution | None:
    """The resolution (nm; x, y, z) that was given, if any.

    Raises InvalidInputError naming the field.
    """
    if values is None:
        return None
    if len(values) != 3:
        raise InvalidInputError(f"{field}: give three numbers, for x, y and z.", field=field)
    try:
        resolution = Resolution(*values)
    except GeometryError as error:
        raise InvalidInputError(f"{field}: {error}.", field=field) from error
    check_resolution(field, resolution)
    return resolution


def check_resolution(field: str, resolution: Resolution) -> None:
    """Refuse voxel sizes that no microscope makes, before they become absurd numbers of voxels."""
    for axis, size in zip(AXES, resolution, strict=True):
        if not _FINEST_NM <= size <= _COARSEST_NM:
            raise InvalidInputError(
                f"{field}: the resolution along {axis} is {size:g} nm; it must be between "
                f"{_FINEST_NM:g} and {_COARSEST_NM:g}.",
                field=field,
            )


def resolution_columns(resolution: Resolution) -> dict[str, float]:
    """The columns of a row that has a resolution."""
    return {f"resolution_{axis}": size for axis, size in zip(AXES, resolution, strict=True)}
