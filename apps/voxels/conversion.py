"""Turn the numbers of foreign arrays into those that volumes hold."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import numpy.typing as npt

from apps.voxels.geometry import Point
from apps.voxels.pyramids import Kind

Voxels = npt.NDArray[np.generic]
Window = tuple[float, float]


class ConversionError(ValueError):
    """An array holds what a volume cannot; the message says what, and what to do."""


def stored_dtype(
    dtype: np.dtype[np.generic], kind: Kind, encoding: str, window: Window | None
) -> np.dtype[np.generic]:
    """The dtype in which a volume of this kind and encoding keeps an array of `dtype`.

    Raises ConversionError.
    """
    if dtype.kind not in "buif":
        raise ConversionError(f"it holds {dtype}, which are no numbers")
    if kind == "segmentation":
        return _dtype_of_labels(dtype, encoding, window)
    if window is not None:
        return np.dtype(np.uint8)
    if dtype.kind not in "ui" or dtype.itemsize > 2:
        raise ConversionError(
            f"an image holds uint8 or uint16 and this is {dtype}; --window LOW HIGH says which "
            "values become black and white"
        )
    if encoding in ("jpeg", "png") and dtype.itemsize > 1:
        raise ConversionError(
            f"{encoding} holds uint8 and this is {dtype}; take raw, or --window LOW HIGH, which "
            "says which values become black and white"
        )
    return np.dtype(f"uint{8 * dtype.itemsize}")


def _dtype_of_labels(
    dtype: np.dtype[np.generic], encoding: str, window: Window | None
) -> np.dtype[np.generic]:
    if window is not None:
        raise ConversionError("labels have no window: it would change them")
    if dtype.kind == "f":
        raise ConversionError(f"labels are whole numbers and this is {dtype}, which rounds them")
    least = 4 if encoding == "compressed_segmentation" else 1
    return np.dtype(f"uint{8 * max(least, dtype.itemsize)}")


def convert(
    array: Voxels,
    dtype: np.dtype[np.generic],
    window: Window | None,
    background: Collection[int],
    lo: Point,
) -> Voxels:
    """The array `(z, y, x)` in `dtype` (of `stored_dtype`).

    window: the values that become 0 and 255. background: labels that become 0; where they are
    signed, -1 is also their largest number without a sign. lo: the first voxel (x, y, z), for
    messages.
    Raises ConversionError for values that cannot be kept.
    """
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise ConversionError(_first(array, ~np.isfinite(array), lo))
    if window is not None:
        low, high = window
        scaled = (array.astype(np.float32) - low) * (255 / (high - low))
        return np.asarray(np.clip(np.rint(scaled), 0, 255), dtype)
    if background:
        array = _without(array, background)
    if array.dtype.kind == "i" and array.min() < 0:
        raise ConversionError(
            f"{_first(array, np.signbit(array.astype(np.float32)), lo)}; volumes have no negative "
            "numbers (--background -1 makes such labels background, --window grays of such values)"
        )
    return array.astype(dtype, copy=False)


def _without(array: Voxels, background: Collection[int]) -> Voxels:
    if array.dtype.kind not in "ui":
        return array
    unsigned = array.view(f"u{array.dtype.itemsize}")
    modulus = 2 ** (8 * array.dtype.itemsize)
    ids = [label % modulus for label in background if -modulus // 2 <= label < modulus]
    return np.where(np.isin(unsigned, np.array(ids, unsigned.dtype)), 0, array)


def _first(array: Voxels, wrong: npt.NDArray[np.bool_], lo: Point) -> str:
    """The first wrong value, and where it lies in the volume."""
    place = np.argwhere(wrong)[0]
    x, y, z = (int(at) + start for at, start in zip(place[::-1], lo, strict=True))
    return f"it holds {array[tuple(place)]}, at x {x}, y {y}, z {z}"
