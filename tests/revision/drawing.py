"""What people draw and set, as the database keeps it."""

from __future__ import annotations

import uuid
import zlib
from typing import Any

from django.utils import timezone

from apps.revision.models import Marker, MaskSlice, RevisionLease


def draw(lease: RevisionLease, z: int, number: int, **changes: Any) -> MaskSlice:
    """A slice of 2 × 3 voxels, of which as many are cleft as its number says."""
    plane = bytes([1] * number + [0] * (6 - number))
    values: dict[str, Any] = {
        **{"lo_x": 10, "lo_y": 20, "hi_x": 13, "hi_y": 22},
        **{"resolution_x": 8.0, "resolution_y": 8.0, "resolution_z": 30.0},
        "labels": zlib.compress(plane),
        "voxels": number,
        "key": uuid.uuid4(),
        "made_at": timezone.now(),
    }
    return MaskSlice.objects.create(
        revision=lease.revision, lease=lease, z=z, number=number, **values | changes
    )


def set_point(lease: RevisionLease, side: str, number: int, at: int | None, **more: Any) -> Marker:
    """At (at, at, at) in voxels, and as many nm; None takes it away."""
    nm = None if at is None else float(at)
    places = dict.fromkeys("xyz", at) | {f"{axis}_nm": nm for axis in "xyz"}
    values: dict[str, Any] = {"key": uuid.uuid4(), "made_at": timezone.now(), **places}
    return Marker.objects.create(
        revision=lease.revision, lease=lease, side=side, number=number, **values | more
    )
