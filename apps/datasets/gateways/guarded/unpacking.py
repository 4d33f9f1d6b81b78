"""Unpack what was stored compressed, to no more than may be read in one piece."""

from __future__ import annotations

import bz2
import io
import lzma
from collections.abc import Callable

import brotli
import deflate
import zstandard
from cloudfiles.exceptions import DecompressionError

from apps.datasets.gateways.guarded.limits import LARGEST_OBJECT, TooLargeError, limit_of

_GZIP = b"\x1f\x8b"


def unpack(content: bytes, encoding: str | None, filename: str = "N/A") -> bytes:
    """The content without its compression: as CloudFiles' own `decompress`, but bounded.

    Raises TooLargeError, DecompressionError or what the decoders raise.
    """
    encoding = (encoding or "").lower()
    if not encoding:
        return content
    if encoding not in _DECODERS:
        raise ValueError(f"the compression {encoding[:40]!r} is not known")
    if not content:
        raise DecompressionError(f"File contains zero bytes: {filename}")
    limit = limit_of(str(filename)) if filename else LARGEST_OBJECT
    unpacked = _DECODERS[encoding](content, limit)
    if len(unpacked) > limit:
        raise TooLargeError(limit)
    return unpacked


def _gzip(content: bytes, limit: int) -> bytes:
    """What comes out stands in the last four bytes, and the decoder takes no more than that."""
    if content[:2] != _GZIP:
        raise DecompressionError("File is not in gzip format.")
    if int.from_bytes(content[-4:], "little") > limit:
        raise TooLargeError(limit)
    return bytes(deflate.gzip_decompress(content))


def _brotli(content: bytes, limit: int) -> bytes:
    decoder = brotli.Decompressor()
    unpacked: bytes = decoder.process(content, output_buffer_limit=limit + 1)
    return _whole(unpacked, limit, has_ended=decoder.is_finished())


def _zstd(content: bytes, limit: int) -> bytes:
    with zstandard.ZstdDecompressor().stream_reader(io.BytesIO(content)) as reader:
        return bytes(reader.read(limit + 1))


def _bz2(content: bytes, limit: int) -> bytes:
    decoder = bz2.BZ2Decompressor()
    return _whole(decoder.decompress(content, limit + 1), limit, has_ended=decoder.eof)


def _lzma(content: bytes, limit: int) -> bytes:
    decoder = lzma.LZMADecompressor(memlimit=2**28)
    return _whole(decoder.decompress(content, limit + 1), limit, has_ended=decoder.eof)


def _whole(unpacked: bytes, limit: int, *, has_ended: bool) -> bytes:
    if len(unpacked) <= limit and not has_ended:
        raise DecompressionError("File ends too early.")
    return unpacked


_DECODERS: dict[str, Callable[[bytes, int], bytes]] = {
    "gzip": _gzip,
    "br": _brotli,
    "zstd": _zstd,
    "bz2": _bz2,
    "bzip2": _bz2,
    "xz": _lzma,
    "lzma": _lzma,
}
