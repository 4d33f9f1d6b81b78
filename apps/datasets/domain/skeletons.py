"""What somebody says of the skeletons of a dataset."""

from __future__ import annotations

import math
import re
import struct
from array import array
from dataclasses import dataclass
from enum import StrEnum

from apps.connectome.twigs import TWIG_NM
from apps.core.errors import InvalidInputError

LARGEST_TWIG_NM = 1e6
_FILE = re.compile(r"(\d{1,20})\.swc", re.IGNORECASE)
_LARGEST_ID = 2**64 - 1


class SkeletonKind(StrEnum):
    PRECOMPUTED = "precomputed"
    SWC = "swc"
    FILES = "files"
    KIMIMARO = "kimimaro"


WITH_ADDRESS = (SkeletonKind.PRECOMPUTED, SkeletonKind.SWC)


@dataclass(frozen=True)
class SkeletonSettings:
    """Where skeletons come from, as a person says it. `address` is that of a source or a folder;
    `secret` the name of the login that opens it, or nothing."""

    kind: SkeletonKind
    address: str = ""
    secret: str = ""
    nm_per_unit: float = 1.0
    twig_nm: float = TWIG_NM


def check_settings(given: SkeletonSettings) -> None:
    """Raises InvalidInputError naming the field that is at fault."""
    if given.kind in WITH_ADDRESS and not given.address.strip():
        raise InvalidInputError(
            f"address: skeletons of the kind {given.kind} need an address.", field="address"
        )
    if given.kind not in WITH_ADDRESS and given.address:
        raise InvalidInputError(
            f"address: skeletons of the kind {given.kind} have none.", field="address"
        )
    if not (math.isfinite(given.nm_per_unit) and 0 < given.nm_per_unit <= 1e9):
        raise InvalidInputError(
            "nm_per_unit: give how many nm a unit of the files has, such as 1, or 1000 for µm.",
            field="nm_per_unit",
        )
    if not 0 <= given.twig_nm <= LARGEST_TWIG_NM:
        raise InvalidInputError(
            f"twig_nm: give between 0 and {LARGEST_TWIG_NM:,.0f} nm.", field="twig_nm"
        )


def length_nm(stored: bytes) -> float:
    """The length of a skeleton that is kept as precomputed ones are: the counts of vertices and
    edges, uint32, the vertices in nm, three float32 each, and the edges, two uint32 each."""
    vertices, edges = struct.unpack_from("<II", stored)
    at, pairs = array("f"), array("I")  # as this machine has them: little-endian
    at.frombytes(stored[8 : 8 + 12 * vertices])
    pairs.frombytes(stored[8 + 12 * vertices : 8 + 12 * vertices + 8 * edges])
    ends = zip(pairs[::2], pairs[1::2], strict=True)
    return sum(math.dist(at[3 * a : 3 * a + 3], at[3 * b : 3 * b + 3]) for a, b in ends)


def root_id_of(name: str) -> int:
    """The neuron that an SWC file belongs to, by its name without folders. Raises
    InvalidInputError."""
    found = _FILE.fullmatch(name)
    if found is None or not 1 <= int(found[1]) <= _LARGEST_ID:
        raise InvalidInputError(
            f"file: {name[:80]!r} is not named by a root id, as in 720575940626838909.swc.",
            field="file",
        )
    return int(found[1])
