"""Read chunks of precomputed volumes on the local disk, each decoded once.

CloudVolume does this too, but spends half as long on the way to its cache of chunks as on
decoding them. It still reads the info file, decodes the bytes, and reads every other volume.
"""

from __future__ import annotations

import itertools
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import deflate
import numpy as np
import numpy.typing as npt
from cloudfiles import CloudFiles
from cloudvolume import chunks

Array = npt.NDArray[np.generic]
Triple = tuple[int, int, int]

_KEEPING_COSTS = 1000  # bytes of a kept chunk beside its voxels
_LABEL_ENCODING = "compressed_segmentation"


class ChunkMissingError(ValueError):
    """The file of a chunk is not there, or empty."""


@dataclass(frozen=True, eq=False)
class Chunk:
    """Decoded voxels of the box from `lo` up to `hi`; what else the chunk spans is 0."""

    lo: Triple
    hi: Triple
    voxels: Array

    @property
    def cost(self) -> int:
        return self.voxels.nbytes + _KEEPING_COSTS

    def trimmed(self) -> Chunk:
        """The part that is not 0: masks of clefts fill little of their chunks."""
        filled = self.voxels != 0
        around = [np.flatnonzero(filled.any(axis=others)) for others in ((1, 2), (0, 2), (0, 1))]
        if not all(at.size for at in around):
            return Chunk(self.lo, self.lo, self.voxels[:0, :0, :0].copy())
        edges = [(int(at[0]), int(at[-1]) + 1) for at in around]
        part = self.voxels[tuple(slice(*edge) for edge in edges)].copy(order="F")
        return Chunk(
            lo=_triple(at + edge[0] for at, edge in zip(self.lo, edges, strict=True)),
            hi=_triple(at + edge[1] for at, edge in zip(self.lo, edges, strict=True)),
            voxels=part,
        )

    def copy_into(self, voxels: Array, lo: Triple, hi: Triple) -> None:
        """Write what lies in the box from `lo` to `hi` into `voxels`, which begin at `lo`."""
        if any(a >= d or b <= c for a, b, c, d in zip(self.lo, self.hi, lo, hi, strict=True)):
            return
        from_lo = [max(a, b) for a, b in zip(self.lo, lo, strict=True)]
        to_hi = [min(a, b) for a, b in zip(self.hi, hi, strict=True)]
        voxels[_slices(from_lo, to_hi, lo)] = self.voxels[_slices(from_lo, to_hi, self.lo)]


class ChunkCache:
    """Decoded chunks of all volumes of a process, the least recently used dropped first."""

    def __init__(self) -> None:
        self._chunks: OrderedDict[Path, Chunk] = OrderedDict()
        self._cost = 0

    def get(self, path: Path) -> Chunk | None:
        chunk = self._chunks.get(path)
        if chunk is not None:
            self._chunks.move_to_end(path)
        return chunk

    def put(self, path: Path, chunk: Chunk, limit_bytes: int) -> None:
        """Keep a chunk that is not kept yet; `limit_bytes` bounds all of them together."""
        self._chunks[path] = chunk
        self._cost += chunk.cost
        while self._cost > limit_bytes:
            self._cost -= self._chunks.popitem(last=False)[1].cost

    def clear(self) -> None:
        self._chunks.clear()
        self._cost = 0


@dataclass(frozen=True)
class LocalVolume:
    """One mip of an unsharded volume of one channel. All triples are in stored order."""

    folder: Path
    lo: Triple
    hi: Triple
    chunk: Triple
    encoding: str
    dtype: np.dtype[np.generic]
    block: Triple

    @classmethod
    def of(cls, volume: Any) -> LocalVolume | None:
        """What an opened CloudVolume names, or None where it is none of this kind."""
        meta, mip = volume.meta, volume.mip
        sharded = "sharding" in meta.scale(mip)
        if meta.path.protocol != "file" or meta.num_channels != 1 or sharded:
            return None
        bounds = meta.bounds(mip)
        root = meta.cloudpath.removeprefix("precomputed://").removeprefix("file://")
        return cls(
            folder=Path(root) / meta.key(mip),
            lo=_triple(bounds.minpt),
            hi=_triple(bounds.maxpt),
            chunk=_triple(meta.chunk_size(mip)),
            encoding=meta.encoding(mip),
            dtype=np.dtype(meta.dtype),
            block=_triple(meta.compressed_segmentation_block_size(mip) or (8, 8, 8)),
        )

    def read(self, lo: Triple, hi: Triple, cache: ChunkCache, cache_bytes: int) -> Array:
        """The voxels from `lo` up to `hi`, within the bounds, in stored order.

        Raises ChunkMissingError, and whatever the decoder raises for damaged bytes.
        """
        size = [high - low for low, high in zip(lo, hi, strict=True)]
        voxels = np.zeros(size, dtype=self.dtype, order="F")
        for chunk_lo, chunk_hi in self._touched(lo, hi):
            path = self.folder / _file_name(chunk_lo, chunk_hi)
            chunk = cache.get(path)
            if chunk is None:
                chunk = self._decode(path, chunk_lo, chunk_hi)
                cache.put(path, chunk, cache_bytes)
            chunk.copy_into(voxels, lo, hi)
        return voxels

    def _touched(self, lo: Triple, hi: Triple) -> Iterator[tuple[Triple, Triple]]:
        """The chunks that overlap a box, from where to where."""
        edges = []
        for axis in range(3):
            origin, step, end = self.lo[axis], self.chunk[axis], self.hi[axis]
            first = origin + (lo[axis] - origin) // step * step
            edges.append([(at, min(at + step, end)) for at in range(first, hi[axis], step)])
        for x, y, z in itertools.product(*edges):
            yield (x[0], y[0], z[0]), (x[1], y[1], z[1])

    def _decode(self, path: Path, lo: Triple, hi: Triple) -> Chunk:
        shape = [high - low for low, high in zip(lo, hi, strict=True)]
        decoded = chunks.decode(
            _stored_bytes(path),
            self.encoding,
            shape=[*shape, 1],
            dtype=self.dtype,
            block_size=self.block,
        )
        chunk = Chunk(lo, hi, decoded[..., 0])
        return chunk.trimmed() if self.encoding == _LABEL_ENCODING else chunk


def _stored_bytes(path: Path) -> bytes:
    """The bytes of a chunk, without the compression that its file name tells of."""
    packed = path.with_name(f"{path.name}.gz")
    if packed.exists():
        content: bytes | None = bytes(deflate.gzip_decompress(packed.read_bytes()))
    elif path.exists():
        content = path.read_bytes()
    else:  # CloudFiles knows the other endings
        content = CloudFiles(f"file://{path.parent}").get(path.name)
    if not content:
        raise ChunkMissingError(f"the chunk {path.name} is missing")
    return content


def _file_name(lo: Triple, hi: Triple) -> str:
    return "_".join(f"{low}-{high}" for low, high in zip(lo, hi, strict=True))


def _slices(lo: list[int], hi: list[int], origin: Triple) -> tuple[slice, ...]:
    return tuple(slice(a - at, b - at) for a, b, at in zip(lo, hi, origin, strict=True))


def _triple(values: Any) -> Triple:
    x, y, z = (int(value) for value in values)
    return (x, y, z)
