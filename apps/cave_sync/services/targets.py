"""Whether the rows of the lab's table that verdicts speak of are the campaign's synapses. Workers
only."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.utils import timezone

from apps.cave_sync.domain.annotations import HeldRow
from apps.cave_sync.domain.cave_errors import CaveRefusedError, CaveUncertainError, Reason
from apps.cave_sync.domain.deliveries import plain_server
from apps.cave_sync.domain.places import NEAR_NM, apart_nm
from apps.cave_sync.gateways.annotation_service import AnnotationService
from apps.cave_sync.models import Delivery
from apps.cave_sync.services.findings import Findings
from apps.datasets.domain.viewer_state import Triple, middle_nm
from apps.datasets.gateways.tables.cave_addresses import CaveAddress, parse_cave_address
from apps.datasets.gateways.tables.files import TableError
from apps.datasets.models import Instance
from apps.voxels.geometry import Point, Resolution

_MOST_READS = 64  # of lists that CAVE does not read, as a row in them lacks a field
_MOST_ELSEWHERE = 0.01  # of those that were compared; ids of others put nearly all elsewhere
_CAVE = "cave://"


@dataclass(frozen=True)
class Target:
    """A synapse of the campaign as its table has it; places in nm, x, y, z."""

    id: int
    places: tuple[Triple, ...]


def _target(instance: Instance, resolution: Resolution) -> Target:
    points = (instance.center, instance.pre_pt, instance.post_pt)
    places = tuple(middle_nm(point, resolution) for point in points if point is not None)
    return Target(instance.source_id, places)


def look_at_source(delivery: Delivery, service: AnnotationService, found: Findings) -> None:
    """Whether the campaign's table was loaded from the one that is spoken of, where it says from
    which."""
    source = _source_of(delivery.campaign.table.source)
    if source is None or not delivery.reference_table:
        return
    if source.table != delivery.reference_table or not _is_same_volume(source, delivery, service):
        found.problem(
            "reference_table",
            f"the campaign's synapses are rows of {source.table} of {source.datastack} at "
            f"{source.server}, from which their table was loaded, not of "
            f"{delivery.reference_table} of {delivery.datastack}.",
        )


def _source_of(text: str) -> CaveAddress | None:
    try:
        return parse_cave_address(text, timezone.now()) if text.startswith(_CAVE) else None
    except TableError:
        return None  # one with very many root ids is not kept whole


def _is_same_volume(source: CaveAddress, delivery: Delivery, service: AnnotationService) -> bool:
    """Tables lie in the aligned volume: one is the same by the name of each of its datastacks."""
    if plain_server(source.server) != plain_server(delivery.server):
        return False
    if source.datastack == delivery.datastack:
        return True
    try:
        theirs = service.facts(source.datastack).aligned_volume
    except (CaveRefusedError, CaveUncertainError):
        return False
    return theirs == service.facts().aligned_volume


def look_at_targets(
    delivery: Delivery, some: Sequence[Instance], service: AnnotationService, found: Findings
) -> None:
    """Whether rows with the ids of these synapses are there, and lie where these do."""
    table, resolution = delivery.reference_table, delivery.campaign.table.resolution
    targets = [_target(one, resolution) for one in some]
    if not targets:
        found.notices.append(f"The campaign has no synapses yet that {table} could lack.")
        return
    there, unread = _read(service, table, [one.id for one in targets])
    seen = [one for one in targets if one.id not in unread]
    if unread:
        which = "the campaign's synapses" if not seen else f"{len(unread):,} of {len(targets):,}"
        found.notices.append(
            f"Whether {table} has {which} cannot be seen: CAVE reads no rows of which one lacks a "
            "field."
        )
    missing = [one.id for one in seen if one.id not in there]
    if missing:
        _tell_missing(table, missing, len(seen), found)
    known = [one for one in seen if one.id in there]
    gone = [one.id for one in known if not there[one.id].is_valid]
    if gone:
        found.notices.append(
            f"{_some(gone, len(seen))} that were looked at {_is_or_are(gone)} deleted or replaced "
            f"in {table}, as {_listed(gone, 'and')}."
        )
    _look_at_places(delivery, known, there, service, found)


def _read(
    service: AnnotationService, table: str, ids: Sequence[int]
) -> tuple[dict[int, HeldRow], set[int]]:
    """The rows that are there and can be read, and the ids of which nobody can tell: of a list in
    which one row lacks a field CAVE reads none. Of such a list each half is read, so often as is
    bearable."""
    there: dict[int, HeldRow] = {}
    unread: set[int] = set()
    waiting, reads = deque([list(ids)]), 0
    while waiting:
        part, reads = waiting.popleft(), reads + 1
        try:
            there |= service.read(table, part)
        except CaveRefusedError as error:
            if error.reason is not Reason.UNREADABLE:
                raise
            if len(part) == 1 or reads + len(waiting) + 2 > _MOST_READS:
                unread.update(part)
            else:
                middle = len(part) // 2
                waiting += [part[:middle], part[middle:]]
    return there, unread


def _tell_missing(table: str, missing: Sequence[int], looked_at: int, found: Findings) -> None:
    if len(missing) == looked_at:
        found.problem(
            "reference_table",
            f"{table} has no row with the id {_listed(missing)}: the synapses of the campaign have "
            "other ids than its rows.",
        )
    else:
        found.notices.append(
            f"{table} has no row with the id {_listed(missing)} ({_some(missing, looked_at)} that "
            "were looked at); CAVE refuses what is said of it."
        )


def _look_at_places(
    delivery: Delivery,
    targets: Sequence[Target],
    there: dict[int, HeldRow],
    service: AnnotationService,
    found: Findings,
) -> None:
    if not targets:
        return
    table = delivery.reference_table
    size = Resolution(*service.metadata(table).resolution)
    theirs = {one.id: _places(there[one.id], size) for one in targets}
    compared = [one for one in targets if theirs[one.id]]
    if not compared:
        found.notices.append(
            f"The rows of {table} have no points: whether they are the campaign's synapses is told "
            "by their ids alone."
        )
        return
    apart = {one.id: apart_nm(one.places, theirs[one.id]) for one in compared}
    elsewhere = [pk for pk, nm in apart.items() if nm > NEAR_NM]
    if not elsewhere:
        return
    told = (
        f"{_some(elsewhere, len(compared))} that were looked at {_lies(elsewhere)} elsewhere than "
        f"the row of {table} with the same id, as {_listed(elsewhere, 'and')}, the first by "
        f"{apart[elsewhere[0]] / 1000:,.1f} µm"
    )
    if len(elsewhere) > _MOST_ELSEWHERE * len(compared):
        found.problem(
            "reference_table",
            f"{told}. Its rows are other synapses, or one of the two tables has a wrong "
            "resolution.",
        )
    else:
        found.notices.append(f"{told}. What is said of them would be said of other synapses.")


def _places(row: HeldRow, size: Resolution) -> list[Triple]:
    """Where the points of a row lie, whatever they are called; `size` is of the table's voxels."""
    points = [value for value in row.values.values() if isinstance(value, tuple)]
    return [middle_nm(Point(*point), size) for point in points]


def _some(ids: Collection[int], of: int) -> str:
    return f"{len(ids):,} of {of:,} synapses"


def _lies(ids: Collection[int]) -> str:
    return "lies" if len(ids) == 1 else "lie"


def _is_or_are(ids: Collection[int]) -> str:
    return "is" if len(ids) == 1 else "are"


def _listed(ids: Sequence[int], word: str = "or") -> str:
    return f" {word} ".join(map(str, ids[:3]))
