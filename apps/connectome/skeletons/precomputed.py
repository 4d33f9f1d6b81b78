"""Skeletons as precomputed skeleton sources hold them: little-endian numbers, one after another."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apps.connectome.errors import SkeletonError
from apps.connectome.skeletons.skeleton import Floats, Skeleton
from apps.connectome.swc_rows import MOST_VERTICES

_HEAD = struct.Struct("<II")
_RADIUS, _TYPES = "radius", "vertex_types"
_SOMA = 1


@dataclass(frozen=True)
class Attribute:
    """What a source holds of each vertex beside its place. `dtype` is one of numpy."""

    name: str
    dtype: str
    components: int

    @property
    def nbytes(self) -> int:
        """Of one vertex."""
        return int(np.dtype(self.dtype).itemsize) * self.components


# As `encode` writes them.
OWN_ATTRIBUTES = (Attribute(_RADIUS, "float32", 1),)


def encode(skeleton: Skeleton) -> bytes:
    """The skeleton in nm, with the attributes `OWN_ATTRIBUTES`: radii that are not known are 0, the
    soma is not told. Places are kept as float32."""
    return b"".join(
        (
            _HEAD.pack(len(skeleton), len(skeleton.edges)),
            skeleton.vertices_nm.astype("<f4").tobytes(),
            skeleton.edges.astype("<u4").tobytes(),
            np.nan_to_num(skeleton.radii_nm).astype("<f4").tobytes(),
        )
    )


def decode(
    content: bytes,
    attributes: Sequence[Attribute] = OWN_ATTRIBUTES,
    transform: Floats | None = None,
) -> Skeleton:
    """The skeleton in `content`; `transform`, (3, 4) float64, leads from its places to nm.

    The thickest vertex of type 1 is the soma, where types are told. Raises SkeletonError for what
    is damaged.
    """
    if len(content) < _HEAD.size:
        raise SkeletonError(f"it has only {len(content)} bytes")
    vertices, edges = _HEAD.unpack_from(content)
    if vertices > MOST_VERTICES or edges > 2 * MOST_VERTICES:
        raise SkeletonError(f"it has {vertices:,} vertices; at most {MOST_VERTICES:,} are read")
    parts = _Parts(content, _HEAD.size)
    places = parts.take("float32", 3 * vertices).reshape(vertices, 3).astype(np.float64)
    pairs = parts.take("uint32", 2 * edges).reshape(edges, 2).astype(np.int64)
    # Some writers leave the attributes out that their info names, or name none that they write.
    has_more = parts.at < len(content)
    told = {
        one.name: parts.take(one.dtype, vertices * one.components)
        for one in (attributes if has_more else ())
    }
    if transform is not None:
        places = places @ transform[:, :3].T + transform[:, 3]
    radii = np.full(vertices, np.nan)
    if told.get(_RADIUS) is not None and told[_RADIUS].shape == radii.shape:
        radii = told[_RADIUS].astype(np.float64)
        radii[~(np.isfinite(radii) & (radii > 0))] = np.nan
    return Skeleton(places, pairs, radii, _soma(told.get(_TYPES), radii))


def _soma(types: NDArray[np.generic] | None, radii: Floats) -> int | None:
    if types is None or types.shape != radii.shape or not (types == _SOMA).any():
        return None
    thickness = np.where(types == _SOMA, np.nan_to_num(radii), -1.0)
    return int(np.argmax(thickness))


class _Parts:
    """Takes one array after another off bytes."""

    def __init__(self, content: bytes, at: int) -> None:
        self._content = content
        self.at = at

    def take(self, dtype: str, count: int) -> NDArray[np.generic]:
        kind = np.dtype(dtype).newbyteorder("<")
        end = self.at + count * kind.itemsize
        if end > len(self._content):
            raise SkeletonError(f"it ends after {len(self._content)} bytes, before byte {end}")
        taken = np.frombuffer(self._content, kind, count, self.at)
        self.at = end
        return taken
