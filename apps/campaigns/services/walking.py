"""Put a campaign along its neurons on sheets: neuron by neuron, section by section.

Celery workers call this; the web process never imports it. First each synapse gets its neuron.
Then the neurons are walked one after the other, outside of transactions, and what comes of one is
written at once. Then the pages are made, part by part. Each step may be done again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from django.db import connection, transaction
from django.db.models import F, Max, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone
from numpy.typing import NDArray

from apps.campaigns.domain.neurons import FROM, ONTO, which_synapses
from apps.campaigns.domain.walks import Sheet, lay_out, simplified
from apps.campaigns.models import (
    Campaign,
    CampaignNeuron,
    Item,
    NeuronSection,
    WalkPart,
)
from apps.campaigns.selectors import selection_of
from apps.campaigns.services.life import lock_campaign
from apps.campaigns.services.paging import PART, NothingSelectedError
from apps.campaigns.services.walked_synapses import Synapses, read_synapses
from apps.connectome.skeletons import Skeleton, Walk, snap, walk
from apps.datasets.selectors import selected_rows
from apps.datasets.services.skeletons import NoSkeletonError, skeleton_of

MOST_TRIES = 2
_LOST = (
    "Each time that its skeleton was read, the worker was ended: it may be too large for the "
    "memory or the time that workers have."
)
_ROWS_AT_ONCE = 5_000
_INSTANCES = F("instance_ids__len")
_SHEETS_A_PART = 3_000
# The neurons that a synapse may be of, by the synapses that the campaign is of.
_SIDES = {FROM: "(i.pre_root_id)", ONTO: "(i.post_root_id)"}
_BOTH_SIDES = "(i.pre_root_id), (i.post_root_id)"
_GIVE_OUT = """
WITH owned AS (
    SELECT DISTINCT ON (i.id) i.id, i.source_id, neuron.id AS neuron_id
    FROM {rows} i
    CROSS JOIN LATERAL (VALUES {sides}) AS side (root_id)
    JOIN campaigns_campaignneuron neuron
        ON neuron.campaign_id = %(campaign)s AND neuron.root_id = side.root_id
    WHERE NOT EXISTS (
        SELECT 1 FROM campaigns_item gold
        WHERE gold.campaign_id = %(campaign)s AND gold.instance_id = i.id
    )
    ORDER BY i.id, neuron.position
), lists AS (
    SELECT neuron_id, array_agg(id ORDER BY source_id) AS ids FROM owned GROUP BY neuron_id
), given AS (
    UPDATE campaigns_campaignneuron neuron
    SET instance_ids = coalesce((SELECT ids FROM lists WHERE neuron_id = neuron.id), '{{}}')
    WHERE neuron.campaign_id = %(campaign)s
    RETURNING cardinality(instance_ids) AS instances
)
SELECT coalesce(sum(instances), 0) FROM given
"""
_PLACE = """
WITH part AS (
    DELETE FROM campaigns_walkpart WHERE id = %(part)s RETURNING *
), items AS (
    INSERT INTO campaigns_item
        (campaign_id, instance_id, position, sheet, section_id, traversal)
    SELECT %(campaign)s, one.id, part.first_position + one.place - 1,
           one.sheet, one.section_id, one.traversal
    FROM part, unnest(part.instance_ids, part.sheets, part.section_ids, part.traversals)
        WITH ORDINALITY AS one (id, sheet, section_id, traversal, place)
    RETURNING id, sheet
), made AS (
    SELECT DISTINCT sheet, section_id, 'ordinary' AS kind
    FROM part, unnest(part.sheets, part.section_ids) AS one (sheet, section_id)
    UNION ALL
    SELECT sheet, section_id, 'search'
    FROM part, unnest(part.search_sheets, part.search_section_ids) AS one (sheet, section_id)
), pages AS (
    INSERT INTO campaigns_page (campaign_id, number, rank, kind, sheets, section_id)
    SELECT %(campaign)s, number, number, kind, ARRAY[sheet], section_id
    FROM made, generate_series(1, %(passes)s) AS pass,
         LATERAL (SELECT (pass - 1) * %(sheets)s + sheet AS number) AS numbers
    ORDER BY number
    RETURNING id, sheets[1] AS sheet
), placed AS (
    INSERT INTO campaigns_pageitem (page_id, item_id)
    SELECT pages.id, items.id FROM items JOIN pages ON pages.sheet = items.sheet
)
SELECT count(*) FROM items
"""


class NoWalkError(NothingSelectedError):
    """None of the neurons of a campaign has a skeleton."""


@transaction.atomic
def give_out_synapses(campaign_id: int) -> None:
    """Give each selected synapse to the first neuron that it touches. Gold is left out.

    Doing it again does nothing. Raises NothingSelectedError.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"plan {campaign_id}"]
        )
        campaign = Campaign.objects.select_related("table").get(pk=campaign_id)
        if campaign.to_place is not None:
            return
        selection = selection_of(campaign_id)
        rows, values = selected_rows(campaign.table, selection)
        sides = _SIDES.get(which_synapses(selection), _BOTH_SIDES)
        # Both are pieces of SQL of our own, never text from outside.
        cursor.execute(_GIVE_OUT.format(rows=rows, sides=sides), values | {"campaign": campaign_id})
        (instances,) = cursor.fetchone()
    if not instances:
        raise NothingSelectedError("No synapse of these neurons is left to be judged.")
    Campaign.objects.filter(pk=campaign_id).update(to_place=instances, prepared_at=timezone.now())


@dataclass(frozen=True)
class _Walked:
    """What comes of a neuron. `order` are indices into `synapses` in the order of the walk, and
    `section` the number of the section of each of these; without a walk nothing has a section."""

    synapses: Synapses
    order: NDArray[np.int64]
    section: NDArray[np.int64]
    walk: Walk | None = None
    soma_nm: list[float] | None = None
    failure: str = ""

    @property
    def item_count(self) -> int:
        """Gold has no place where there is no walk, and is nothing of the neuron's then."""
        gold = 0 if self.walk is not None else int(self.synapses.is_gold.sum())
        return len(self.synapses.ids) - gold


def walk_next(campaign_id: int) -> bool:
    """Walk the next neuron of a campaign; whether there was one.

    A neuron with which the worker was lost, twice, is given up: it keeps no other from being
    walked. Raises SkeletonsAwayError where nothing can be read now.
    """
    campaign = Campaign.objects.select_related("table__dataset").get(pk=campaign_id)
    neuron = campaign.neurons.filter(walked_at__isnull=True).order_by("position").first()
    if neuron is None or campaign.cancelled_at is not None:
        return False
    if neuron.tries >= MOST_TRIES:
        _write(campaign_id, _unwalked(read_synapses(campaign, neuron), _LOST), neuron)
        return True
    tries = CampaignNeuron.objects.filter(pk=neuron.pk)
    tries.update(tries=F("tries") + 1)
    try:
        _write(campaign_id, _walked(campaign, neuron), neuron)
    except MemoryError:
        raise  # as good as killed
    except Exception:
        tries.update(tries=F("tries") - 1)
        raise
    return True


def _walked(campaign: Campaign, neuron: CampaignNeuron) -> _Walked:
    """Reads the skeleton, which may take long: call it outside of transactions. What may pass is
    raised: SkeletonsAwayError."""
    synapses = read_synapses(campaign, neuron)
    try:
        tree = skeleton_of(campaign.table.dataset, neuron.root_id)
    except NoSkeletonError as error:
        return _unwalked(synapses, error.sentence)
    walked = walk(tree, _nearest(tree, neuron.root_nm))
    soma = None if tree.soma is None else tree.vertices_nm[tree.soma].tolist()
    if not len(synapses.ids):
        empty = np.zeros(0, np.int64)
        return _Walked(synapses, empty, empty, walked, soma)
    snapped = snap(walked, synapses.points_nm)
    order = np.lexsort((synapses.ids, snapped.place_nm, snapped.section))
    return _Walked(synapses, order, snapped.section[order], walked, soma)


def _unwalked(synapses: Synapses, failure: str) -> _Walked:
    """Without a walk, in the order of the table."""
    nothing = np.full(len(synapses.ids), -1)
    return _Walked(synapses, np.arange(len(synapses.ids)), nothing, failure=failure)


def _nearest(tree: Skeleton, root_nm: Sequence[float] | None) -> int | None:
    """The vertex nearest to where the walk is to begin."""
    if root_nm is None:
        return None
    return int(np.argmin(((tree.vertices_nm - np.array(root_nm)) ** 2).sum(axis=1)))


@transaction.atomic
def _write(campaign_id: int, walked: _Walked, neuron: CampaignNeuron) -> None:
    """Note what came of a neuron, unless somebody else has, or the preparation was cancelled."""
    campaign = lock_campaign(campaign_id)
    still_to_do = campaign.neurons.filter(pk=neuron.pk, walked_at__isnull=True)
    if campaign.cancelled_at is not None or not still_to_do.exists():
        return
    sections = _write_sections(neuron, walked.walk)
    last = campaign.neurons.aggregate(last=Coalesce(Max("last_sheet"), 0))["last"]
    sheets = list(_sheets(walked, campaign.page_size, last + 1))
    _write_parts(campaign, walked, sheets, sections)
    _write_gold(campaign, walked, sections)
    still_to_do.update(
        soma_nm=walked.soma_nm,
        length_nm=sum(one.length_nm for one in walked.walk.sections) if walked.walk else 0.0,
        failure=walked.failure,
        instance_ids=None,
        item_count=walked.item_count,
        first_sheet=sheets[0].number if sheets else None,
        last_sheet=sheets[-1].number if sheets else None,
        walked_at=timezone.now(),
    )
    Campaign.objects.filter(pk=campaign_id).update(attempts=0, prepared_at=timezone.now())


def _write_sections(neuron: CampaignNeuron, walked: Walk | None) -> list[int]:
    """The ids of the sections, by their number."""
    if walked is None:
        return []
    vertices = walked.tree.vertices_nm
    rows = NeuronSection.objects.bulk_create(
        (
            NeuronSection(
                neuron=neuron,
                campaign_id=neuron.campaign_id,
                number=one.number,
                parent=one.parent,
                path_nm=simplified(vertices[one.vertices]).round().tolist(),
                length_nm=one.length_nm,
            )
            for one in walked.sections
        ),
        batch_size=_ROWS_AT_ONCE,
    )
    return [row.pk for row in rows]


def _sheets(walked: _Walked, size: int, first: int) -> Iterator[Sheet]:
    """The sheets of a neuron with the ranks of its synapses in the walk; gold lies on none."""
    ranks = np.flatnonzero(~walked.synapses.is_gold[walked.order])
    if walked.walk is None:
        for number, start in enumerate(range(0, len(ranks), size), start=first):
            yield Sheet(number, -1, tuple(ranks[start : start + size].tolist()))
        return
    ends = np.searchsorted(walked.section[ranks], np.arange(1, len(walked.walk.sections)))
    yield from lay_out([part.tolist() for part in np.split(ranks, ends)], size, first)


def _write_parts(
    campaign: Campaign, walked: _Walked, sheets: Sequence[Sheet], sections: Sequence[int]
) -> None:
    known = campaign.walk_parts.aggregate(number=Max("number"), placed=Sum(_INSTANCES))
    number = -1 if known["number"] is None else known["number"]
    position = known["placed"] or 0
    ids = walked.synapses.ids[walked.order]
    for some in _in_parts(sheets):
        number += 1
        ranks = [rank for sheet in some for rank in sheet.synapses]
        has_section = walked.walk is not None
        of_section = [
            sections[sheet.section] if has_section else None
            for sheet in some
            for _ in sheet.synapses
        ]
        WalkPart.objects.create(
            campaign=campaign,
            number=number,
            first_position=position,
            instance_ids=[int(ids[rank]) for rank in ranks],
            sheets=[sheet.number for sheet in some for _ in sheet.synapses],
            section_ids=of_section,
            traversals=[rank if has_section else None for rank in ranks],
            search_sheets=[sheet.number for sheet in some if sheet.is_search],
            search_section_ids=[sections[sheet.section] for sheet in some if sheet.is_search],
        )
        position += len(ranks)


def _in_parts(sheets: Sequence[Sheet]) -> Iterator[list[Sheet]]:
    """As many together as one transaction makes pages of."""
    part: list[Sheet] = []
    synapses = 0
    for sheet in sheets:
        if part and (synapses + len(sheet.synapses) > PART or len(part) >= _SHEETS_A_PART):
            yield part
            part, synapses = [], 0
        part.append(sheet)
        synapses += len(sheet.synapses)
    if part:
        yield part


def _write_gold(campaign: Campaign, walked: _Walked, sections: Sequence[int]) -> None:
    if walked.walk is None:
        return
    ranks = np.flatnonzero(walked.synapses.is_gold[walked.order])
    places = {
        int(walked.synapses.ids[walked.order[rank]]): (sections[walked.section[rank]], int(rank))
        for rank in ranks
    }
    gold = list(Item.objects.filter(campaign=campaign, sheet=None, instance__in=places))
    for item in gold:
        item.section_id, item.traversal = places[item.instance_id]
    Item.objects.bulk_update(gold, ["section", "traversal"], batch_size=_ROWS_AT_ONCE)


def check_any_walked(campaign_id: int) -> None:
    """When all neurons are walked. Where none has a skeleton, everything is forgotten, so that the
    preparation can be begun anew; raises NoWalkError then."""
    with transaction.atomic():
        campaign = lock_campaign(campaign_id)
        failures = campaign.neurons.order_by("position").values_list("failure", flat=True)
        if campaign.sections.exists() or campaign.cancelled_at is not None:
            return
        sentence = failures.first() or ""
        number = len(failures)
        WalkPart.objects.filter(campaign=campaign).delete()
        campaign.neurons.update(
            **{"first_sheet": None, "last_sheet": None, "walked_at": None, "failure": ""},
            **{"item_count": 0, "tries": 0},
        )
        Campaign.objects.filter(pk=campaign_id).update(to_place=None)
    which = "The neuron has" if number == 1 else f"None of the {number:,} neurons has"
    no = "no" if number == 1 else "a"
    raise NoWalkError(f"{which} {no} skeleton to go along. {sentence}".strip())


@transaction.atomic
def place_walk_part(campaign_id: int) -> bool:
    """Make the pages of some sheets of the walk; whether there were any. All neurons are walked:
    the pages of a further pass are counted on from the last sheet."""
    campaign = lock_campaign(campaign_id)
    part = WalkPart.objects.filter(campaign=campaign).order_by("number").only("pk").first()
    if part is None or campaign.cancelled_at is not None:
        return False
    values = {
        "campaign": campaign.pk,
        "part": part.pk,
        "sheets": campaign.neurons.aggregate(last=Max("last_sheet"))["last"],
        "passes": campaign.passes,
    }
    with connection.cursor() as cursor:
        cursor.execute(_PLACE, values)
        (placed,) = cursor.fetchone()
    Campaign.objects.filter(pk=campaign_id).update(
        placed=F("placed") + placed, attempts=0, prepared_at=timezone.now()
    )
    return True
