"""Read precomputed volumes and graphene segmentations through CloudVolume."""

from apps.datasets.gateways.volumes.addresses import (
    PlaceForbiddenError,
    check_address,
    check_place,
)
from apps.datasets.gateways.volumes.errors import (
    ChunkUnreadableError,
    VolumeSilentError,
    VolumeUnreachableError,
)
from apps.datasets.gateways.volumes.inspecting import inspect_volume
from apps.datasets.gateways.volumes.opening import SLOW_S, KeptAs
from apps.datasets.gateways.volumes.reading import (
    OPEN_VOLUMES,
    chunks_of,
    forget_readers,
    read_box,
)

__all__ = [
    "OPEN_VOLUMES",
    "SLOW_S",
    "ChunkUnreadableError",
    "KeptAs",
    "PlaceForbiddenError",
    "VolumeSilentError",
    "VolumeUnreachableError",
    "check_address",
    "check_place",
    "chunks_of",
    "forget_readers",
    "inspect_volume",
    "read_box",
]
