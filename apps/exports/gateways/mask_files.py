"""Masks as pictures and arrays."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageColor

from apps.datasets.domain.viewer_state import MASK_COLOUR, POST_COLOUR, PRE_COLOUR
from apps.exports.domain.masks import AUTO_CURVE, CURVE, POST_CIRCLE, PRE_CIRCLE, Mask

# As SynAnno draws them: in colour on nothing.
_COLOURS = {
    CURVE: ImageColor.getrgb(MASK_COLOUR),
    AUTO_CURVE: ImageColor.getrgb(MASK_COLOUR),
    PRE_CIRCLE: ImageColor.getrgb(PRE_COLOUR),
    POST_CIRCLE: ImageColor.getrgb(POST_COLOUR),
}


def png_of(mask: Mask, kind: str) -> bytes:
    """A mask `(y, x)` as a picture: RGBA, opaque in the colour of its kind, else transparent."""
    picture = np.zeros((*mask.shape, 4), np.uint8)
    picture[mask] = (*_COLOURS[kind], 255)
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    return file.getvalue()


def npy_of(mask: Mask) -> bytes:
    """A mask as an array of uint8, 0 and 1."""
    file = io.BytesIO()
    np.save(file, mask.astype(np.uint8), allow_pickle=False)
    return file.getvalue()


def npz_of(arrays: Mapping[str, npt.NDArray[Any]]) -> bytes:
    """Named arrays, compressed."""
    file = io.BytesIO()
    np.savez_compressed(file, allow_pickle=False, **arrays)
    return file.getvalue()
