"""The least work that pictures of a page can cost: decode what is touched, encode what is sent."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import deflate
import numpy as np
import numpy.typing as npt
import simplejpeg
from cloudvolume import CloudVolume, chunks
from PIL import Image

from apps.datasets.domain import CutoutRequest, VolumeRef
from apps.voxels.cutouts import Region
from apps.voxels.frames import RenderedCutout, decode_frames
from apps.voxels.tiles import encode_gray, encode_mask


@dataclass(frozen=True)
class StoredChunk:
    """One chunk file, and what its decoder must know. `shape` is x, y, z, channels."""

    path: Path
    encoding: str
    shape: tuple[int, int, int, int]
    dtype: str
    block: tuple[int, int, int]

    def decode(self) -> None:
        """Read the file and decode it, with CloudVolume's decoder."""
        content = self.path.read_bytes()
        if self.path.suffix == ".gz":
            content = bytes(deflate.gzip_decompress(content))
        chunks.decode(
            content, self.encoding, shape=self.shape, dtype=self.dtype, block_size=self.block
        )


@dataclass(frozen=True)
class FloorWork:
    """The work of one page. Every atlas is `(1, y, x)`: uint8 images and bool masks."""

    chunks: Sequence[StoredChunk]
    images: Sequence[npt.NDArray[np.uint8]]
    masks: Sequence[npt.NDArray[np.bool_]]

    def do(self) -> None:
        """Decode each chunk once and encode each atlas once."""
        for chunk in self.chunks:
            chunk.decode()
        for image in self.images:
            encode_gray(image)
        for mask in self.masks:
            encode_mask(mask)


def floor_work(requests: Sequence[CutoutRequest], rendered: Sequence[RenderedCutout]) -> FloorWork:
    """The chunks that the requests of a page touch, and the atlases that are sent for it."""
    touched = dict.fromkeys(
        chunk
        for request in requests
        for volume, region in (
            (request.image, request.plan.image),
            (request.mask, request.plan.mask),
        )
        for chunk in _touched(volume, region)
    )
    images, masks = [], []
    for cutout in rendered:
        for frame in decode_frames(cutout.middle + cutout.rest):
            for name, atlas in _atlases(frame.header, frame.payload):
                if name == "image":
                    images.append(atlas)
                else:
                    masks.append(atlas > 0)
    return FloorWork(tuple(touched), tuple(images), tuple(masks))


def _atlases(header: Any, payload: bytes) -> Iterator[tuple[str, npt.NDArray[np.uint8]]]:
    """The pictures of a frame, decoded again: `(1, y, x)` uint8."""
    for name in ("image", "mask"):
        placed = header[name]
        if placed is None:
            continue
        data = payload[placed["offset"] : placed["offset"] + placed["length"]]
        if name == "image":
            yield name, simplejpeg.decode_jpeg(data, colorspace="GRAY")[None, ..., 0]
        else:
            yield name, np.asarray(Image.open(io.BytesIO(data)), dtype=np.uint8)[None]


def _touched(volume: VolumeRef, region: Region) -> Iterator[StoredChunk]:
    """The chunks of a local, unsharded volume in x, y, z that a region needs."""
    meta = _meta(volume.address, volume.mip)
    folder = Path(volume.address.removeprefix("file://")) / meta.key(volume.mip)
    bounds, step = volume.grid.bounds, [int(s) for s in meta.chunk_size(volume.mip)]
    edges = [
        [(at, min(at + size, end)) for at in range(origin + (lo - origin) // size * size, hi, size)]
        for lo, hi, origin, end, size in zip(
            region.stored.lo, region.stored.hi, bounds.lo, bounds.hi, step, strict=True
        )
    ]
    for box in itertools.product(*edges):
        name = "_".join(f"{low}-{high}" for low, high in box)
        x, y, z = (high - low for low, high in box)
        plain = folder / name
        yield StoredChunk(
            path=plain if plain.exists() else folder / f"{name}.gz",
            encoding=meta.encoding(volume.mip),
            shape=(x, y, z, 1),
            dtype=str(meta.dtype),
            block=(8, 8, 8),
        )


@lru_cache(maxsize=8)
def _meta(address: str, mip: int) -> Any:
    return CloudVolume(f"precomputed://{address}", mip=mip, progress=False).meta
