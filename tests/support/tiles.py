"""Take frames apart as a browser does."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from apps.voxels.frames import Frame


@dataclass(frozen=True)
class Tile:
    """The slices of a frame: gray `(n, y, x)` uint8, mask `(n, y, x)` bool; points in x, y, z."""

    gray: npt.NDArray[np.uint8]
    mask: npt.NDArray[np.bool_]
    points: dict[str, Any]


def decode_tile(frame: Frame, mask_shape: tuple[int, int]) -> Tile:
    """The slices of a frame that holds an image; `mask_shape` (y, x) where it holds no mask."""
    count = len(frame.header["slices"])
    gray = _slices(frame, "image")
    if frame.header["mask"] is None:
        mask = np.zeros((count, *mask_shape), dtype=bool)
    else:
        mask = _slices(frame, "mask") > 0
    return Tile(gray, mask, dict(frame.header["points"]))


def _slices(frame: Frame, part: str) -> npt.NDArray[np.uint8]:
    placed = frame.header[part]
    data = frame.payload[placed["offset"] : placed["offset"] + placed["length"]]
    atlas = np.asarray(Image.open(io.BytesIO(data)))
    rows, columns = placed["rows"], placed["columns"]
    grid = atlas.reshape(rows, placed["height"], columns, placed["width"]).transpose(0, 2, 1, 3)
    slices = grid.reshape(rows * columns, placed["height"], placed["width"])
    return np.asarray(slices[: len(frame.header["slices"])], dtype=np.uint8)
