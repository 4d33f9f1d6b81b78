"""Values of datasets: references to volumes, rows of tables, requests for cutouts."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property

from apps.voxels.cutouts import CutoutPlan, Grid, plan_cutout
from apps.voxels.drawing_version import JPEG_QUALITY, RENDER_VERSION
from apps.voxels.geometry import Point, Resolution

IMAGE_DTYPES = ("uint8", "uint16")
LABEL_DTYPES = ("uint8", "uint16", "uint32", "uint64")


@dataclass(frozen=True)
class VolumeRef:
    """Enough to read a volume: where it is, how it is stored, where it lies (x, y, z).

    Of a sparse volume, chunks that are not stored are background; of others they are missing.
    With `refused_is_absent` a chunk that its server refuses is one that is not stored.
    `secret`: the id and version of the login that it is read with, if any.
    """

    address: str
    mip: int
    axis_order: str
    version: str
    grid: Grid
    is_sparse: bool = False
    refused_is_absent: bool = False
    secret: tuple[int, int] | None = None


@dataclass(frozen=True)
class VolumeFacts:
    """What a volume says of itself at one mip; resolution and bounds in x, y, z."""

    grid: Grid
    dtype: str
    channels: int
    version: str


@dataclass(frozen=True)
class CutoutRequest:
    """All inputs of one rendered cutout. Points and crop are in voxels of the mask. A label
    farther than `reach_nm` from the centre and the points is not its mask; None takes the nearest
    one to the centre."""

    image: VolumeRef
    mask: VolumeRef
    centre: Point
    crop: Point
    pre_pt: Point | None
    post_pt: Point | None
    reach_nm: float | None = None

    @cached_property
    def key(self) -> str:
        """A hash of every input, so that a changed input can never show an old picture."""
        inputs = [RENDER_VERSION, JPEG_QUALITY, identity_of(self.image), identity_of(self.mask)]
        inputs += [self.centre, self.crop, self.pre_pt, self.post_pt]
        inputs += [] if self.reach_nm is None else [self.reach_nm]
        return hashlib.sha256(json.dumps(inputs).encode()).hexdigest()[:40]

    @cached_property
    def plan(self) -> CutoutPlan:
        return plan_cutout(self.centre, self.crop, self.image.grid, self.mask.grid)


def identity_of(volume: VolumeRef) -> list[object]:
    """What of a volume is part of the keys of its pictures."""
    grid = volume.grid
    place = [*grid.resolution, *grid.bounds.lo, *grid.bounds.hi]
    sparse = volume.is_sparse
    own = [volume.address, volume.mip, volume.axis_order, volume.version, sparse, place]
    return [*own, "refused is absent"] if volume.refused_is_absent else own


def convert_point(point: Point, own: Resolution, other: Resolution) -> Point:
    """The voxel of resolution `other` that holds the middle of a voxel of resolution `own`."""
    scale = own.scale_to(other)
    return Point(*(int((at + 0.5) * s // 1) for at, s in zip(point, scale, strict=True)))
