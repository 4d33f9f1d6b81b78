"""How far a campaign is along its neurons, for a map of them. Of labels only one's own are told.

Gold is counted and shown as any other synapse is, so that nothing tells it apart. Gold without a
place on a walk is not: so of neurons without sections no synapses are shown, and what one has
judged of them is counted page by page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db import connection

from apps.accounts.models import User
from apps.campaigns.models import Campaign, CampaignNeuron, NeuronSection, Page
from apps.campaigns.permissions import Action
from apps.campaigns.selectors import may
from apps.campaigns.visits import has_seen
from apps.core.errors import NotFoundError
from apps.datasets.domain.selection import Region, Selection
from apps.datasets.domain.viewer_state import Triple, middle_nm
from apps.datasets.models import SynapseTable
from apps.datasets.selectors import find_instances
from apps.voxels.geometry import Point

# Of the known synapses around a section: about as many as Neuroglancer's address takes.
MOST_KNOWN = 2_000
# Around a line in the middle of a thick dendrite, with its spines.
_AROUND_NM = 5_000
_LARGEST_ID = 2**64 - 1
# What somebody says of an item as it stands: not on a page that was skipped, taken back or opened
# again.
_SAYS = """
verdict.user_id = %(user)s AND NOT verdict.late AND EXISTS (
    SELECT 1 FROM campaigns_lease lease
    WHERE lease.id = verdict.lease_id AND lease.ending NOT IN ('withdrawn', 'skipped')
)
"""
_NEURONS = """
SELECT neuron.id, neuron.root_id, neuron.failure, neuron.item_count,
       coalesce((neuron.last_sheet - neuron.first_sheet + 1) * %(passes)s, 0),
       (SELECT count(*) FROM campaigns_neuronsection WHERE neuron_id = neuron.id),
       (SELECT count(*) FROM generate_series(0, %(passes)s - 1) AS pass,
                campaigns_page page
        WHERE page.campaign_id = neuron.campaign_id AND page.submitted_at IS NOT NULL
          AND page.number BETWEEN pass * sheets.of_all + neuron.first_sheet
                              AND pass * sheets.of_all + neuron.last_sheet)
FROM campaigns_campaignneuron neuron, (
    SELECT max(last_sheet) AS of_all FROM campaigns_campaignneuron
    WHERE campaign_id = %(campaign)s
) sheets
WHERE neuron.campaign_id = %(campaign)s
ORDER BY neuron.position
"""
# Where a neuron has no sections, its synapses are found by their sheet: the neurons' sheets follow
# one another.
_JUDGED = """
WITH here AS MATERIALIZED (
    SELECT lease.id, lease.ending = 'submitted' AS is_submitted
    FROM campaigns_lease lease JOIN campaigns_page page ON page.id = lease.page_id
    WHERE lease.user_id = %(user)s AND lease.ending NOT IN ('withdrawn', 'skipped')
      AND page.campaign_id = %(campaign)s
), said AS (
    SELECT verdict.item_id, bool_or(here.is_submitted) AS is_submitted
    FROM here JOIN proofreading_verdict verdict ON verdict.lease_id = here.id
    WHERE NOT verdict.late
    GROUP BY verdict.item_id
)
SELECT coalesce(section.neuron_id, (
    SELECT neuron.id FROM campaigns_campaignneuron neuron
    WHERE neuron.campaign_id = %(campaign)s
      AND item.sheet BETWEEN neuron.first_sheet AND neuron.last_sheet
)) AS neuron_id, count(*)
FROM said JOIN campaigns_item item ON item.id = said.item_id
LEFT JOIN campaigns_neuronsection section ON section.id = item.section_id
WHERE item.campaign_id = %(campaign)s AND (item.section_id IS NOT NULL OR said.is_submitted)
GROUP BY 1
"""
_IS_MINE = "lease.user_id = %(user)s AND lease.ended_at IS NULL"
_SECTIONS = f"""
SELECT section.id, section.number, section.parent, section.path_nm, section.length_nm,
       pages.searched, pages.done, pages.mine, pages.aside, pages.free, pages.seen
FROM campaigns_neuronsection section LEFT JOIN LATERAL (
    SELECT bool_or(page.kind = 'search' AND page.submitted_at IS NOT NULL) AS searched,
           bool_and(page.submitted_at IS NOT NULL) AS done,
           bool_or(
               page.submitted_at IS NULL AND {_IS_MINE} AND lease.put_aside_at IS NULL
           ) AS mine,
           bool_or(
               page.submitted_at IS NULL AND {_IS_MINE} AND lease.put_aside_at IS NOT NULL
           ) AS aside,
           bool_or(
               page.submitted_at IS NULL AND NOT seen.so
               AND (page.held_until IS NULL OR page.held_until <= %(now)s)
               AND (page.reserved_for_id IS NULL OR page.reserved_for_id = %(user)s)
           ) AS free,
           bool_and(page.submitted_at IS NOT NULL OR seen.so) AS seen
    FROM campaigns_page page LEFT JOIN campaigns_lease lease ON lease.id = page.lease_id,
         LATERAL (SELECT page.submitted_at IS NULL AND {has_seen("%(user)s")} AS so) seen
    WHERE page.section_id = section.id
) pages ON true
WHERE section.neuron_id = %(neuron)s
ORDER BY section.number
"""  # noqa: S608 - put together from our own words
# What one has said is put together before it is joined: looked up an item at a time it takes ten
# times as long.
_SYNAPSES = f"""
WITH shown AS MATERIALIZED (
    SELECT item.id, item.section_id, item.instance_id, item.traversal, item.position
    FROM campaigns_item item WHERE item.section_id IN (
        SELECT id FROM campaigns_neuronsection WHERE neuron_id = %(neuron)s
    )
), said AS MATERIALIZED (
    SELECT DISTINCT ON (verdict.item_id) verdict.item_id, verdict.label
    FROM shown JOIN proofreading_verdict verdict ON verdict.item_id = shown.id
    WHERE {_SAYS}
    ORDER BY verdict.item_id, verdict.id DESC
)
SELECT shown.section_id, instance.center_x, instance.center_y, instance.center_z, said.label
FROM shown JOIN datasets_instance instance
    ON instance.id = shown.instance_id AND instance.table_id = %(table)s
LEFT JOIN said ON said.item_id = shown.id
ORDER BY shown.traversal, shown.position
"""  # noqa: S608 - put together from our own words
_SECTION = """
SELECT section.id, section.number, neuron.root_id, section.path_nm, (
    SELECT count(*) FROM campaigns_neuronsection WHERE neuron_id = neuron.id
)
FROM campaigns_neuronsection section
JOIN campaigns_campaignneuron neuron ON neuron.id = section.neuron_id
WHERE section.id = %s
"""
# Why itself may name files and addresses, which are for managers.
_FAILED = "It has no skeleton that could be read; those who manage the campaign see why."
STATES = ("free", "mine", "aside", "held", "done", "visited")


def neurons_of(campaign: Campaign, user: User) -> list[dict[str, Any]]:
    """The neurons along which a campaign goes, in their order, with what is done of each. Managers
    are told why one has no sections, others that it has none."""
    values: dict[str, Any] = {"campaign": campaign.pk, "user": user.pk, "passes": campaign.passes}
    with connection.cursor() as cursor:
        cursor.execute(_NEURONS, values)
        rows = cursor.fetchall()
        cursor.execute(_JUDGED, values)
        judged = dict(cursor.fetchall())
    tells_why = any(row[2] for row in rows) and may(user, campaign, Action.MANAGE)
    return [
        {
            "root_id": str(root_id % 2**64),
            "sections": sections,
            "items": items,
            "judged": judged.get(pk, 0),
            "pages": pages,
            "pages_done": pages_done,
            "failure": failure if tells_why or not failure else _FAILED,
        }
        for pk, root_id, failure, items, pages, sections, pages_done in rows
    ]


def neuron_of(campaign: Campaign, root_id: str, user: User, now: datetime) -> dict[str, Any]:
    """The sections of a neuron and its synapses, for a map of it. Raises NotFoundError."""
    neuron = _find(campaign, root_id)
    values: dict[str, Any] = {
        **{"campaign": campaign.pk, "table": campaign.table_id, "neuron": neuron.pk},
        **{"user": user.pk, "now": now},
    }
    with connection.cursor() as cursor:
        cursor.execute(_SECTIONS, values)
        sections = cursor.fetchall()
        cursor.execute(_SYNAPSES, values)
        rows = cursor.fetchall()
    scale = campaign.table.resolution
    synapses = [
        {
            "position_nm": [*middle_nm(Point(x, y, z), scale)],
            "section": section,
            "label": label,
        }
        for section, x, y, z, label in rows
    ]
    items = Counter(one["section"] for one in synapses)
    judged = Counter(one["section"] for one in synapses if one["label"] is not None)
    return {
        "root_id": str(neuron.root_id),
        "length_nm": neuron.length_nm,
        "soma_nm": neuron.soma_nm,
        "sections": [
            {
                "id": pk,
                "number": number,
                "parent": parent,
                "path_nm": path,
                "length_nm": length,
                "items": items[pk],
                "judged": judged[pk],
                "searched": bool(searched),
                "state": _state(*state),
            }
            for pk, number, parent, path, length, searched, *state in sections
        ],
        "synapses": synapses,
    }


def known_synapses(section: NeuronSection, table: SynapseTable) -> list[Triple]:
    """Where synapses of a section's neuron are known: the middles, in nm, of all in the table that
    lie around the section, be they of the campaign or not; any `MOST_KNOWN` where there are more.
    """
    axes = list(zip(*section.path_nm, strict=True))
    around = Region(
        _triple(min(axis) - _AROUND_NM for axis in axes),
        _triple(max(axis) + _AROUND_NM for axis in axes),
        "nm",
    )
    selection = Selection(box=around, either_ids=(section.neuron.root_id,))
    found = find_instances(table, selection, MOST_KNOWN)
    return [middle_nm(instance.center, table.resolution) for instance in found]


def _triple(values: Iterable[float]) -> Triple:
    x, y, z = values
    return x, y, z


def _find(campaign: Campaign, root_id: str) -> CampaignNeuron:
    is_id = root_id.isascii() and root_id.isdigit() and len(root_id) <= 20
    if is_id and int(root_id) <= _LARGEST_ID:
        neurons = CampaignNeuron.objects.filter(campaign=campaign, root_id=int(root_id))
        neuron = neurons.defer("instance_ids").first()
        if neuron is not None:
            return neuron
    raise NotFoundError(f"The campaign does not go along a neuron {root_id[:40]!r}.")


def _state(
    done: bool | None,
    mine: bool | None,
    aside: bool | None,
    free: bool | None,
    seen: bool | None,
) -> str:
    """One of STATES; a section has no pages while they are made."""
    if done:
        return "done"
    if mine:
        return "mine"
    if aside:
        return "aside"
    if free:
        return "free"
    return "visited" if seen else "held"


def section_of_page(page: Page, campaign: Campaign) -> dict[str, Any] | None:
    """The section that a page is of, as its frame tells it; None where it is of none."""
    if page.section_id is None:
        return None
    pk, number, root_id, path, sections = _section(page.section_id)
    return {
        "id": pk,
        "number": number,
        "sections": sections,
        "neuron": str(root_id % 2**64),
        "path_nm": path,
        "voxel_nm": [*campaign.table.resolution],
    }


@lru_cache(maxsize=500)
def _section(section_id: int) -> tuple[int, int, int, list[list[float]], int]:
    """What never changes while a section has pages that people can be handed."""
    with connection.cursor() as cursor:
        cursor.execute(_SECTION, [section_id])
        found: tuple[int, int, int, list[list[float]], int] = cursor.fetchone()
    return found
