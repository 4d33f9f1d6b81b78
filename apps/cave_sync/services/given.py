"""What somebody says of a delivery, looked at before it is kept. The web process uses this."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from apps.accounts.models import User
from apps.campaigns.models import Campaign
from apps.cave_sync.domain.deliveries import (
    Kind,
    MendedAs,
    Source,
    Taken,
    plain_server,
    why_no_table_name,
)
from apps.cave_sync.models import Delivery
from apps.core.addresses import LEADS_INSIDE, is_public_host, why_no_address
from apps.core.errors import InvalidInputError
from apps.datasets.models import Secret
from apps.datasets.selectors.secrets import cave_secrets_for


@dataclass(frozen=True)
class DeliverySettings:
    """What somebody says of a delivery; `secret` by its name, `resolution` in nm, x, y, z, or None
    where it is to be read from CAVE."""

    kind: str
    secret: str
    server: str
    datastack: str
    table: str
    schema: str
    resolution: tuple[float, float, float] | None
    resolution_from_cave: bool = False
    reference_table: str = ""
    taken: tuple[str, ...] = tuple(one.value for one in Taken)
    mended_as: str = MendedAs.CORRECT.value
    fillings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    words: Mapping[str, Any] = field(default_factory=dict)
    every_minutes: int | None = None
    reads_roots: bool = False
    reopens_changed: bool = False


def checked(
    given: DeliverySettings, by: User, campaign: Campaign, kept: Delivery | None = None
) -> dict[str, Any]:
    """The values of the columns. Raises InvalidInputError naming the field."""
    kind = Kind(given.kind)
    reference = given.reference_table.strip()
    if kind is Kind.SYNAPSES and reference:
        raise _invalid("reference_table", "synapses speak of no rows of another table.")
    if kind is not Kind.SYNAPSES and not reference:
        raise _invalid("reference_table", f"name the table on whose rows the {kind} are.")
    if given.reopens_changed and not given.reads_roots:
        raise _invalid("reopens_changed", "it needs reads_roots: else nobody knows what changed.")
    if kind is Kind.SYNAPSES and not given.taken:
        raise _invalid("taken", "choose at least one of mended, fine, correct and added.")
    x, y, z = _resolution(given, campaign, kept)
    where = {
        "server": _server(given.server),
        "datastack": _named(given.datastack, "datastack"),
        "table": _table(given.table),
        "reference_table": reference,
    }
    return {
        "kind": kind.value,
        "secret": _secret(given.secret, where, by, kept),
        **where,
        "schema": _named(given.schema, "schema"),
        **{"resolution_x": x, "resolution_y": y, "resolution_z": z},
        "resolution_from_cave": given.resolution_from_cave,
        "taken": [one.value for one in Taken if one.value in given.taken],
        "mended_as": MendedAs(given.mended_as).value,
        "fillings": _fillings(given.fillings),
        "words": dict(given.words),
        "every_minutes": given.every_minutes,
        "reads_roots": given.reads_roots,
        "reopens_changed": given.reopens_changed,
    }


def _fillings(given: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {
        name: {"source": Source(one["source"]).value, "otherwise": one.get("otherwise")}
        for name, one in given.items()
    }


def _named(text: str, field_name: str) -> str:
    name = text.strip()
    if not name:
        raise _invalid(field_name, "give a name.")
    return name


def _table(text: str) -> str:
    name = _named(text, "table")
    if (wrong := why_no_table_name(name)) is not None:
        raise _invalid("table", wrong)
    return name


def _resolution(
    given: DeliverySettings, campaign: Campaign, kept: Delivery | None
) -> tuple[float, float, float]:
    """What is to be read from CAVE stays as it is, or as the campaign has it, until it is tried."""
    if given.resolution_from_cave:
        x, y, z = campaign.table.resolution if kept is None else kept.resolution
        return x, y, z
    if given.resolution is None:
        raise _invalid("resolution", "give x, y and z in nm, or have them read from CAVE.")
    return given.resolution


def _server(text: str) -> str:
    server = text.strip().rstrip("/")
    if (reason := why_no_address(server)) is not None:
        raise _invalid("server", f"{server[:80]!r} cannot be used: {reason}.")
    if not is_public_host(server, settings.ENVIRONMENT.private_networks):
        raise _invalid("server", f"{server} {LEADS_INSIDE}.")
    return plain_server(server)


def _secret(name: str, where: Mapping[str, str], by: User, kept: Delivery | None) -> Secret:
    """A token of CAVE that this person may name, for this server. The one that is there may stay
    while it goes where it went before: else one could have it sent to a server of one's own, or
    write with it in other tables."""
    is_kept = kept is not None and kept.secret.name == name
    if kept is not None and is_kept and all(getattr(kept, at) == to for at, to in where.items()):
        return kept.secret
    server = where["server"]
    secret = cave_secrets_for(by).filter(name=name).first()
    if secret is None:
        raise _invalid("secret", f"there is no token of CAVE {name!r} that you may name.")
    if secret.server and plain_server(secret.server) != server:
        raise _invalid("server", f"{name!r} is for {secret.server} alone.")
    return secret


def _invalid(field_name: str, sentence: str) -> InvalidInputError:
    return InvalidInputError(f"{field_name}: {sentence}", field=field_name)
