"""What a picture file says of itself, read by hand: the web process has no imaging library.

Only the outline is read: signature, size, and that the file ends as its format does. Browsers draw
the rest, in a response that they take for nothing but a picture.
"""

from __future__ import annotations

from dataclasses import dataclass

from apps.core.errors import InvalidInputError

MOST_BYTES = 1_000_000
MOST_SIDE = 8_000

_PNG_START = b"\x89PNG\r\n\x1a\n"
_PNG_END = b"IEND\xaeB\x60\x82"
_JPEG_START, _JPEG_END = b"\xff\xd8\xff", b"\xff\xd9"
_JPEG_FRAMES = frozenset({0xC0, 0xC1, 0xC2, 0xC3})  # baseline, extended, progressive, lossless


@dataclass(frozen=True)
class Picture:
    """A picture that was looked at; `content` is the file."""

    content: bytes
    content_type: str
    width: int
    height: int


def read_picture(content: bytes) -> Picture:
    """A PNG or JPEG file. What it is called does not matter.

    Raises InvalidInputError for anything else, and for one that is too large.
    """
    if len(content) > MOST_BYTES:
        raise _refusal(f"it has {len(content):,} bytes; at most {MOST_BYTES:,} are stored")
    if content.startswith(_PNG_START):
        kind, size = "image/png", _png_size(content)
    elif content.startswith(_JPEG_START):
        kind, size = "image/jpeg", _jpeg_size(content)
    else:
        raise _refusal("it is neither a PNG nor a JPEG file")
    if size is None:
        raise _refusal("it is damaged or not complete")
    if not all(1 <= side <= MOST_SIDE for side in size):
        raise _refusal(f"it is {size[0]} × {size[1]} pixels; a side has between 1 and {MOST_SIDE}")
    return Picture(content, kind, *size)


def _refusal(reason: str) -> InvalidInputError:
    return InvalidInputError(f"picture: {reason}.", field="picture")


def _png_size(content: bytes) -> tuple[int, int] | None:
    """Width and height. The header is the first chunk, the last one is empty."""
    if content[12:16] != b"IHDR" or not content.endswith(_PNG_END):
        return None
    return int.from_bytes(content[16:20]), int.from_bytes(content[20:24])


def _jpeg_size(content: bytes) -> tuple[int, int] | None:
    """Width and height, from the segment that begins the frame."""
    if not content.endswith(_JPEG_END):
        return None
    at = 2
    while at + 9 <= len(content) and content[at] == 0xFF:
        marker, length = content[at + 1], int.from_bytes(content[at + 2 : at + 4])
        if marker in _JPEG_FRAMES:
            height, width = (int.from_bytes(content[at + n : at + n + 2]) for n in (5, 7))
            return width, height
        at += 2 + max(length, 2)
    return None
