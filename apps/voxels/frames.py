"""Frames: a JSON header with bytes behind it, many of them in one response.

A frame is `u32 header length, u32 payload length` (little-endian), the header as UTF-8 JSON, the
payload. Frames follow each other without a separator, so a server forwards stored frames
untouched and a browser draws each as it arrives.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

CONTENT_TYPE = "application/vnd.synanno.frames"
_LENGTHS = struct.Struct("<II")


class FrameError(ValueError):
    """Bytes that are not a sequence of whole frames."""


@dataclass(frozen=True)
class Frame:
    header: Mapping[str, Any]
    payload: bytes = b""


@dataclass(frozen=True)
class RenderedCutout:
    """The two frames of a cutout, ready to be stored and sent."""

    middle: bytes
    rest: bytes

    @property
    def size(self) -> int:
        return len(self.middle) + len(self.rest)


def encode_frame(header: Mapping[str, Any], payload: bytes = b"") -> bytes:
    """One frame as bytes."""
    text = json.dumps(header, separators=(",", ":"), allow_nan=False).encode()
    return _LENGTHS.pack(len(text), len(payload)) + text + payload


def decode_frames(data: bytes) -> Iterator[Frame]:
    """The frames in `data`.

    Raises FrameError when the data end within a frame or a header is not JSON.
    """
    at = 0
    while at < len(data):
        if at + _LENGTHS.size > len(data):
            raise FrameError("the data end within the lengths of a frame")
        header_length, payload_length = _LENGTHS.unpack_from(data, at)
        start = at + _LENGTHS.size
        end = start + header_length + payload_length
        if end > len(data):
            raise FrameError("the data end within a frame")
        try:
            header = json.loads(data[start : start + header_length])
        except ValueError as error:
            raise FrameError("the header of a frame is not JSON") from error
        yield Frame(header, data[start + header_length : end])
        at = end
