"""What goes wrong with volumes: our errors, and those of the libraries below by what they mean."""

from __future__ import annotations

import zlib

import deflate
import numpy as np  # before compresso, which cannot load it by itself  # noqa: F401
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from cloudfiles.exceptions import DecompressionError
from cloudvolume.exceptions import (
    AuthenticationError,
    DecodingError,
    DimensionError,
    EmptyVolumeException,
    InfoError,
    OutOfBoundsError,
    SpecViolation,
    UnsupportedFormatError,
    UnsupportedProtocolError,
)
from compressed_segmentation import DecodeError
from compresso import DecodeError as CompressoError
from google.api_core.exceptions import GoogleAPIError
from google.auth.exceptions import GoogleAuthError, TransportError
from requests.exceptions import ConnectionError as RequestsConnectionError
from requests.exceptions import RequestException
from requests.exceptions import Timeout as RequestsTimeout

from apps.core.connections import PrivateAddressError
from apps.core.errors import InvalidInputError, SynAnnoError

# The decoders below CloudVolume have no family of errors: what they meet in damaged bytes comes
# out as whatever Python raises there.
CHUNK_ERRORS = (
    CompressoError,
    DecodeError,
    DecodingError,
    DecompressionError,
    DimensionError,
    EmptyVolumeException,
    OutOfBoundsError,
    SpecViolation,
    UnsupportedFormatError,
    deflate.DeflateError,
    zlib.error,
    ArithmeticError,
    EOFError,
    LookupError,
    MemoryError,
    RuntimeError,
    TypeError,
    ValueError,
)
SOURCE_ERRORS = (
    AuthenticationError,
    BotoCoreError,
    ClientError,
    GoogleAPIError,
    GoogleAuthError,
    InfoError,
    OSError,
    PrivateAddressError,
    RequestException,
    UnsupportedProtocolError,
)
# Nothing came from the source, not even a refusal of this one chunk.
CONNECTION_ERRORS = (
    ConnectionError,
    HTTPClientError,
    RequestsConnectionError,
    RequestsTimeout,
    TransportError,
)
# What CloudVolume and we stumble over in an info file that is JSON but not a volume's.
INFO_ERRORS = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    UnsupportedFormatError,
    ValueError,
)


class DamagedChunkError(ValueError):
    """A chunk is not what its volume says; the message says how."""


class ChunkRefusedError(OSError):
    """A server refused a chunk of a sparse volume: that is no background, but no permission."""


class VolumeUnreachableError(InvalidInputError):
    """A volume's info cannot be read."""

    code = "volume_unreachable"


class ChunkUnreadableError(SynAnnoError):
    """A part of a volume cannot be read, now or at all. `why` is for those who look at it: the end
    of a sentence without addresses, empty where nothing is known."""

    code = "chunk_unreadable"

    def __init__(self, sentence: str, why: str = "") -> None:
        super().__init__(sentence)
        self.why = why


class VolumeSilentError(ChunkUnreadableError):
    """The volume itself does not answer: other parts of it would not come either."""

    code = "volume_silent"


def first_line(error: BaseException) -> str:
    """What an error of a library says, as the end of a sentence."""
    text = str(error).strip() or type(error).__name__
    if isinstance(error, EmptyVolumeException):
        return f"the chunk {text} is not stored."
    line = text.splitlines()[0].replace("\x1b[1;91m", "").replace("\x1b[m", "")
    return line if line.endswith(".") else f"{line}."
