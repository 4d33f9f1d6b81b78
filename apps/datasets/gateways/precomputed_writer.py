"""Write arrays as precomputed volumes on the local disk, complete or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from cloudvolume import CloudVolume

Volume = npt.NDArray[np.generic]
TripleXYZ = tuple[int, int, int]
Kind = Literal["image", "segmentation"]
Encoding = Literal["jpeg", "raw", "compressed_segmentation"]

JPEG_QUALITY = 90
SEGMENTATION_BLOCK = [8, 8, 8]
IMAGE_TYPES = ("uint8", "uint16", "float32")
SEGMENTATION_TYPES = ("uint32", "uint64")


def write_precomputed(
    folder: Path,
    array_zyx: Volume,
    *,
    kind: Kind,
    resolution_nm_xyz: tuple[float, float, float],
    encoding: Encoding,
    voxel_offset_xyz: TripleXYZ = (0, 0, 0),
    mips: Sequence[Volume] = (),
    chunk_xyz: TripleXYZ = (64, 64, 16),
) -> str:
    """Write a volume into a new folder and return its `precomputed://file://…` address.

    array_zyx: axes (z, y, x); uint8, uint16 or float32 for an image, uint32 or uint64 for a
    segmentation. mips: the coarser copies of mip 1 and up, each a whole factor smaller on each
    axis (rounded up). resolution_nm_xyz: nm a voxel of array_zyx; voxel_offset_xyz: its first
    voxel, a multiple of every mip's factor. encoding: "jpeg" (quality 90, uint8 images) or
    "raw" (gzipped) for an image, "compressed_segmentation" or "raw" for a segmentation.

    Everything is written beside the folder and renamed at the end, so that an interrupted run
    leaves no half-written volume under its name. Raises ValueError for arrays that do not fit
    together and FileExistsError where the folder exists.
    """
    folder = folder.absolute()
    if folder.exists():
        raise FileExistsError(f"{folder} exists already: remove it, or name another folder.")
    _check_encoding(array_zyx, kind, encoding)
    volumes = [array_zyx, *mips]
    scales = [
        _scale(volume, array_zyx, resolution_nm_xyz, voxel_offset_xyz, encoding, chunk_xyz)
        for volume in volumes
    ]
    info = {
        "@type": "neuroglancer_multiscale_volume",
        "type": kind,
        "data_type": array_zyx.dtype.name,
        "num_channels": 1,
        "scales": scales,
    }
    unfinished = folder.with_name(f".{folder.name}.unfinished")
    if unfinished.exists():
        shutil.rmtree(unfinished)
    unfinished.mkdir(parents=True)
    _write(unfinished, info, volumes)
    unfinished.rename(folder)
    return f"precomputed://file://{folder}"


def _check_encoding(array_zyx: Volume, kind: Kind, encoding: Encoding) -> None:
    if array_zyx.ndim != 3:
        raise ValueError(f"array_zyx: {array_zyx.ndim} axes, must be 3 (z, y, x).")
    types = IMAGE_TYPES if kind == "image" else SEGMENTATION_TYPES
    if array_zyx.dtype.name not in types:
        raise ValueError(f"array_zyx: {array_zyx.dtype} in {kind}, must be {', '.join(types)}.")
    own = "jpeg" if kind == "image" else "compressed_segmentation"
    if encoding not in ("raw", own):
        raise ValueError(f"encoding: {encoding} for {kind}, must be raw or {own}.")
    if encoding == "jpeg" and array_zyx.dtype != np.uint8:
        raise ValueError(f"encoding: jpeg holds uint8 only, array_zyx is {array_zyx.dtype}.")


def _factors(volume: Volume, base: Volume) -> list[int]:
    """By how much a mip is coarser than the base, in x, y, z.

    Raises ValueError where no whole factor explains the sizes.
    """
    if volume.dtype != base.dtype or volume.ndim != 3:
        raise ValueError(f"mips: {volume.dtype} {volume.shape} beside {base.dtype} {base.shape}.")
    factors = []
    for whole, part in zip(base.shape[::-1], volume.shape[::-1], strict=True):
        factor = round(whole / part) if part else 0
        if factor < 1 or -(-whole // factor) != part:
            raise ValueError(f"mips: {volume.shape} is no whole factor of {base.shape}.")
        factors.append(factor)
    return factors


def _scale(
    volume: Volume,
    base: Volume,
    resolution_nm_xyz: tuple[float, float, float],
    voxel_offset_xyz: TripleXYZ,
    encoding: Encoding,
    chunk_xyz: TripleXYZ,
) -> dict[str, Any]:
    """The entry of one mip in the info file."""
    factors = _factors(volume, base)
    if any(offset % factor for offset, factor in zip(voxel_offset_xyz, factors, strict=True)):
        raise ValueError(f"voxel_offset_xyz: {voxel_offset_xyz} is no multiple of {factors}.")
    resolution = [size * f for size, f in zip(resolution_nm_xyz, factors, strict=True)]
    scale: dict[str, Any] = {
        "key": "_".join(f"{size:g}" for size in resolution),
        "resolution": resolution,
        "size": list(volume.shape[::-1]),
        "voxel_offset": [o // f for o, f in zip(voxel_offset_xyz, factors, strict=True)],
        "chunk_sizes": [list(chunk_xyz)],
        "encoding": encoding,
    }
    if encoding == "compressed_segmentation":
        scale["compressed_segmentation_block_size"] = SEGMENTATION_BLOCK
    if encoding == "jpeg":
        scale["jpeg_quality"] = JPEG_QUALITY
    return scale


def _write(folder: Path, info: dict[str, Any], volumes: Sequence[Volume]) -> None:
    address = f"precomputed://file://{folder}"
    CloudVolume(address, info=info, progress=False).commit_info()
    for mip, volume in enumerate(volumes):
        target = CloudVolume(
            address, mip=mip, progress=False, bounded=True, delete_black_uploads=False
        )
        # CloudVolume wants x, y, z; transposing makes a view, no copy.
        target[:, :, :] = volume.transpose(2, 1, 0)
