"""How much may be read in one piece, by what is being read in this thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

LARGEST_INFO = 16 * 2**20  # real ones have kilobytes
# A chunk is decoded whole and has at most 512 MB (gateways/volumes/inspecting.py); stored as it is
# with a header, it is a little more.
LARGEST_OBJECT = 520 * 2**20


class TooLargeError(ValueError):
    """What is read is larger than it may be, whatever was said of its size."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"it is larger than the {limit / 2**20:,.0f} MB that may be read")


class _Limits(threading.local):
    bytes: int = LARGEST_OBJECT


_limits = _Limits()


def limit_now() -> int:
    """Bytes that a response or a file may have."""
    return _limits.bytes


@contextmanager
def limited(limit_bytes: int) -> Iterator[None]:
    """Within the block, this thread reads no more than so many bytes from one source."""
    before = _limits.bytes
    _limits.bytes = limit_bytes
    try:
        yield
    finally:
        _limits.bytes = before


def limit_of(file_name: str) -> int:
    """What a file of a volume may have."""
    name = file_name.rsplit("/", 1)[-1].split(".", maxsplit=1)[0]  # info.gz is one as well
    return LARGEST_INFO if name == "info" else LARGEST_OBJECT
