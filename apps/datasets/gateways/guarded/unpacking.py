"""Unpack what was stored compressed, to no more than may be read in one piece."""

from __future__ import annotations

import bz2
import lzma
from collections.abc import Callable

import brotli
import deflate
import zstandard
from cloudfiles.exceptions import DecompressionError

from apps.datasets.gateways.guarded.limits import LARGEST_OBJECT, TooLargeError, limit_of

_GZIP = b"\x1f\x8b"
# Of so many bytes zstd makes at most some 130 MB (a block of 128 KB of one value takes four bytes),
# before what came out is counted.
_ZSTD_PIECE = 4096
_DECODER_ERRORS = (
    brotli.error,
    lzma.LZMAError,
    zstandard.ZstdError,
    EOFError,
    OSError,
    ValueError,
)


def unpack(
    content: bytes, encoding: str | None, filename: str = "N/A", *, most: int | None = None
) -> bytes:
    """The content without its compression: as CloudFiles' own `decompress`, but bounded.

    Raises TooLargeError where it has more than `most` bytes (by default what such a file of a
    volume may have), and DecompressionError where it is damaged
    (of gzip DeflateError as well).
    """
    encoding = (encoding or "").lower()
    if not encoding:
        return content
    if encoding not in _DECODERS:
        raise ValueError(f"the compression {encoding[:40]!r} is not known")
    if not content:
        raise DecompressionError(f"File contains zero bytes: {filename}")
    limit = most or (limit_of(str(filename)) if filename else LARGEST_OBJECT)
    try:
        unpacked = _DECODERS[encoding](content, limit)
    except TooLargeError:
        raise
    except _DECODER_ERRORS as error:
        raise DecompressionError(f"File cannot be unpacked from {encoding}: {error}") from error
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
    decoder = zstandard.ZstdDecompressor(max_window_size=2**27).decompressobj()
    pieces: list[bytes] = []
    count = 0
    for start in range(0, len(content), _ZSTD_PIECE):
        pieces.append(decoder.decompress(content[start : start + _ZSTD_PIECE]))
        count += len(pieces[-1])
        if count > limit:
            raise TooLargeError(limit)
        if decoder.eof:
            break
    return _whole(b"".join(pieces), limit, has_ended=decoder.eof)


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
