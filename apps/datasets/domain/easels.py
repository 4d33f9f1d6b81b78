"""Requests for what somebody draws on who mends a synapse."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property

from apps.datasets.domain import VolumeRef, identity_of
from apps.voxels.drawing_version import JPEG_QUALITY
from apps.voxels.easels import EaselPlan, Reach, plan_easel
from apps.voxels.geometry import Point

EASEL_VERSION = 1  # part of every key: raise it when the bytes of an easel change


@dataclass(frozen=True)
class EaselRequest:
    """All inputs of one easel. Centre, crop, depth and reach are in voxels of the mask's volume. A
    label beyond its `reach` is not its mask; None takes the nearest one to the centre."""

    image: VolumeRef
    mask: VolumeRef
    centre: Point
    crop: Point
    depth: int
    reach: Reach | None = None

    @cached_property
    def key(self) -> str:
        """A hash of every input, so that a changed input can never show an old picture."""
        inputs = ["easel", EASEL_VERSION, JPEG_QUALITY]
        inputs += [identity_of(self.image), identity_of(self.mask)]
        inputs += [self.centre, self.crop, self.depth]
        inputs += [None if self.reach is None else [self.reach.nm, *self.reach.places]]
        return hashlib.sha256(json.dumps(inputs).encode()).hexdigest()[:40]

    @cached_property
    def plan(self) -> EaselPlan:
        """Raises GeometryError where it cannot be shown."""
        return plan_easel(self.centre, self.crop, self.depth, self.image.grid, self.mask.grid)
