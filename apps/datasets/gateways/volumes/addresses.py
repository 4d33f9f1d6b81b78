"""Addresses of volumes, as people write them, and where they may lead."""

from __future__ import annotations

import re

from django.conf import settings

from apps.core.addresses import LEADS_INSIDE, is_public_host, why_no_address
from apps.core.errors import InvalidInputError
from apps.datasets.gateways.places import lies_under, may_be_named, named_roots

PROTOCOLS = ("file://", "gs://", "s3://", "https://", "http://", "graphene://")
LONGEST_ADDRESS = 2000

# The three forms of address that a ChunkedGraph has had.
_GRAPHENE = re.compile(
    r"graphene://(middleauth\+)?https?://(?a:[\w.-]+(:\d+)?)"
    r"/\w+/(table|api/v\d+|\d+\.\d+)/[\w.-]+/?"
)
_HTTP = ("https://", "http://")


class PlaceForbiddenError(InvalidInputError):
    """An address leads to where nothing may be read."""

    code = "place_forbidden"


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
    reason = _why_not(bare)
    if reason is not None:
        raise InvalidInputError(
            f"{field}: the address of a volume cannot be used: {reason}.", field=field
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


def check_place(address: str, field: str, *, in_web: bool = False) -> str:
    """The address, as `check_address` gives it, if it leads to where volumes may be read.

    Files lie under SYNANNO_VOLUME_ROOTS, links followed; those that were named `in_web` lie where
    `may_be_named` says. No server is named that is private beyond doubt: what a name
    leads to is looked at when it is connected to. Raises InvalidInputError, PlaceForbiddenError.
    """
    bare = check_address(address, field)
    environment = settings.ENVIRONMENT
    if bare.startswith("file://"):
        path, roots = bare.removeprefix("file://"), environment.volume_roots
        if not (may_be_named(path) if in_web else not roots or lies_under(path, roots)):
            raise PlaceForbiddenError(
                f"{field}: {address} lies outside {named_roots()}.", field=field
            )
    server = _server(bare)
    if server and not is_public_host(server, environment.private_networks):
        raise PlaceForbiddenError(f"{field}: {address} {LEADS_INSIDE}.", field=field)
    return bare


def check_led_to(address: str, field: str) -> None:
    """Refuse the place to which a server of segmentations sends its readers, if nothing may be
    read there. It may name local files only where roots are configured.

    Raises InvalidInputError.
    """
    bare = check_place(address, field)
    if is_graphene(bare) or (bare.startswith("file://") and not settings.ENVIRONMENT.volume_roots):
        raise PlaceForbiddenError(
            f"{field}: the segmentation says that it lies at {address}, where nothing may be read.",
            field=field,
        )


def _why_not(bare: str) -> str | None:
    """Why an address of the right form means something else than it seems to; None if it does
    not. CloudFiles takes what follows a `|` at the end for another format."""
    has_blank = bare != bare.strip() or (" " in bare and not bare.startswith("file://"))
    if has_blank or not bare.isprintable():
        return "it holds blanks or signs that cannot be seen"
    if "\\" in bare:
        return "it holds a \\"
    if re.search(r"\|[^/]*$", bare):
        return "it holds a | after the last /"
    if ".." in bare.split("/"):
        return "it holds .. as the name of a folder"
    server = _server(bare)
    return why_no_address(server) if server else None


def _server(bare: str) -> str | None:
    """The address of the server, of addresses that name one."""
    for start in ("graphene://", "middleauth+", "s3://"):
        bare = bare.removeprefix(start)
    return bare if bare.startswith(_HTTP) else None
