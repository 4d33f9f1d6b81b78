"""A preview for people without a browser: sentences, and pictures as files."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from apps.core.errors import InvalidInputError
from apps.datasets.services.previewing import Preview
from apps.datasets.services.reading import PlaceUnreadableError
from apps.datasets.services.rendering import UndrawableError, render_cutout
from apps.voxels.frames import Frame, decode_frames

_TINT = (255, 0, 255)
_OPACITY = 0.4


def draw_pictures(preview: Preview, folder: Path | None) -> Iterator[str]:
    """A sentence for each instance as it is drawn: where it is, whether a cleft was found there.

    With a `folder`, the middle slice of each is written to it with the mask painted in. Raises
    InvalidInputError where that cannot be written.
    """
    for one, request in zip(preview.drawn, preview.requests, strict=True):
        where = f"row {one.number + 1}, id {one.source_id}, at {tuple(one.center)}"
        try:
            (middle,) = decode_frames(render_cutout(request).middle)
        except (PlaceUnreadableError, UndrawableError) as error:
            yield f"{where}: {error.sentence}"
            continue
        mask = "no cleft in its middle slice" if middle.header["mask"] is None else "with a cleft"
        if folder is None:
            yield f"{where}: {mask}"
        else:
            path = folder / f"row-{one.number + 1}.png"
            _write(path, _picture(middle))
            yield f"{where}: {mask}, {path}"


def _picture(frame: Frame) -> Image.Image:
    """The slice in colour, (y, x) at the image's resolution; the mask lies where it is said to."""
    gray = _part(frame, "image").convert("RGB")
    if frame.header["mask"] is None:
        return gray
    mask = _part(frame, "mask").convert("RGBA").getchannel("A")
    left, top, width, height = (round(side) for side in frame.header["mask_area"])
    over = Image.new("L", gray.size, 0)
    over.paste(mask.resize((width, height), Image.Resampling.NEAREST), (left, top))
    return Image.composite(
        Image.blend(gray, Image.new("RGB", gray.size, _TINT), _OPACITY), gray, over
    )


def _part(frame: Frame, name: str) -> Image.Image:
    placed = frame.header[name]
    data = frame.payload[placed["offset"] : placed["offset"] + placed["length"]]
    return Image.open(io.BytesIO(data))


def _write(path: Path, picture: Image.Image) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        picture.save(path)
    except OSError as error:
        raise InvalidInputError(
            f"pictures: {path} cannot be written: {error.strerror}.", field="pictures"
        ) from error
