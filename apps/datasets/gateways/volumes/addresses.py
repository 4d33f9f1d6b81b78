"""Addresses of volumes, as people write them."""

from __future__ import annotations

import re

from apps.core.errors import InvalidInputError

PROTOCOLS = ("file://", "gs://", "s3://", "https://", "http://", "graphene://")
LONGEST_ADDRESS = 2000

# The three forms of address that a ChunkedGraph has had.
_GRAPHENE = re.compile(
    r"graphene://(middleauth\+)?https?://[^/]+/\w+/(table|api/v\d+|\d+\.\d+)/[\w.-]+/?"
)


def check_address(address: str, field: str) -> str:
    """The address without a leading `precomputed://`.

    Raises InvalidInputError for one that no volume can have.
    """
    bare = address.removeprefix("precomputed://")
    if not bare.startswith(PROTOCOLS) or bare in PROTOCOLS:
        known = ", ".join(("precomputed://", *PROTOCOLS))
        raise InvalidInputError(
            f"{field}: {address!r} is no address of a volume; it must begin with one of {known}.",
            field=field,
        )
    if bare.startswith("file://") and not bare.startswith("file:///"):
        raise InvalidInputError(
            f"{field}: {address!r} is relative; give the whole path, as in file:///data/volume.",
            field=field,
        )
    if len(bare) > LONGEST_ADDRESS:
        raise InvalidInputError(
            f"{field}: the address has {len(bare)} characters; at most {LONGEST_ADDRESS} are kept.",
            field=field,
        )
    if is_graphene(bare) and not _GRAPHENE.fullmatch(bare):
        raise InvalidInputError(
            f"{field}: {address!r} is no address of a segmentation in CAVE; it looks like "
            "graphene://https://HOST/segmentation/table/NAME.",
            field=field,
        )
    return bare


def is_graphene(address: str) -> bool:
    """Whether a segmentation of CAVE is meant, whose voxels become root ids as they are read."""
    return address.startswith("graphene://")
