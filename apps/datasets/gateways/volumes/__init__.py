"""Read precomputed volumes and graphene segmentations through CloudVolume."""

from apps.datasets.gateways.volumes.addresses import check_address
from apps.datasets.gateways.volumes.errors import (
    ChunkUnreadableError,
    VolumeSilentError,
    VolumeUnreachableError,
)
from apps.datasets.gateways.volumes.inspecting import inspect_volume
from apps.datasets.gateways.volumes.opening import SLOW_S, KeptAs
from apps.datasets.gateways.volumes.reading import OPEN_VOLUMES, forget_readers, read_box

__all__ = [
    "OPEN_VOLUMES",
    "SLOW_S",
    "ChunkUnreadableError",
    "KeptAs",
    "VolumeSilentError",
    "VolumeUnreachableError",
    "check_address",
    "forget_readers",
    "inspect_volume",
    "read_box",
]
