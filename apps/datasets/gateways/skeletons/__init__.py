"""Read skeletons: from precomputed sources, from SWC files, or made of a volume by kimimaro."""

from apps.datasets.gateways.skeletons.errors import SkeletonsSilentError, SkeletonUnreadableError
from apps.datasets.gateways.skeletons.making import LabelScale, check_can_make, make_skeleton
from apps.datasets.gateways.skeletons.precomputed import (
    find_source,
    read_precomputed,
)
from apps.datasets.gateways.skeletons.store import open_store
from apps.datasets.gateways.skeletons.swc_files import parse_swc, read_swc_file

__all__ = [
    "LabelScale",
    "SkeletonUnreadableError",
    "SkeletonsSilentError",
    "check_can_make",
    "find_source",
    "make_skeleton",
    "open_store",
    "parse_swc",
    "read_precomputed",
    "read_swc_file",
]
