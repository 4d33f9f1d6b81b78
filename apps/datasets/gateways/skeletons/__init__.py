"""Read skeletons: from precomputed sources, from SWC files, or made of a volume by kimimaro."""

from apps.datasets.gateways.skeletons.errors import SkeletonUnreadableError
from apps.datasets.gateways.skeletons.making import make_skeleton
from apps.datasets.gateways.skeletons.precomputed import (
    find_source,
    read_precomputed,
)
from apps.datasets.gateways.skeletons.swc_files import parse_swc, read_swc_file

__all__ = [
    "SkeletonUnreadableError",
    "find_source",
    "make_skeleton",
    "parse_swc",
    "read_precomputed",
    "read_swc_file",
]
