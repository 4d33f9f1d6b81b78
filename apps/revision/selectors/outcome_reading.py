"""What becomes of every instance of a campaign: the one thing that exports, evaluation, CAVE and
pipelines read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from apps.campaigns.models import Campaign
from apps.datasets.domain.viewer_state import middle_nm
from apps.datasets.models import Instance
from apps.proofreading.domain import Label, State
from apps.proofreading.selectors import SettledItem, settled_items_among
from apps.proofreading.selectors.discards import discarded_since
from apps.revision.domain import Side
from apps.revision.domain.labels import Area
from apps.revision.domain.outcomes import Decided, Final, FinalState, final_of
from apps.revision.models import AddedSynapse, Marker, MaskSlice
from apps.revision.selectors.outcome_parts import Revising, revising_added, revising_items
from apps.revision.selectors.outcome_values import Judged, MaskOfSlice, Outcome, PointOutcome
from apps.voxels.geometry import Resolution

A_PART = 2_000
_SLICES_A_PART = 200
_STATES = {
    State.WAITING: FinalState.WAITING,
    State.SETTLED: FinalState.SETTLED,
    State.DISPUTED: FinalState.DISPUTED,
}


@dataclass(frozen=True)
class After:
    """Where in the outcomes of a campaign one is: after the item of this position, or after this
    added synapse, by its id."""

    position: int = -1
    added: int | None = None


def outcomes(campaign: Campaign, a_part: int = A_PART) -> Iterator[Outcome]:
    """Every instance of a campaign, gold never: its items in their order, then the synapses that
    were added and not withdrawn.

    Read in parts of `a_part`, each in a bounded number of statements, so that a large campaign
    needs little memory. What is judged or mended meanwhile may be told as it was or as it is. The
    campaign comes with its table. `masks_of` reads what was drawn.
    """
    after: After | None = After()
    while after is not None:
        part, after = outcomes_after(campaign, after, a_part)
        yield from part


def outcomes_after(
    campaign: Campaign, after: After, limit: int
) -> tuple[list[Outcome], After | None]:
    """At most `limit` of them from this place on, and the place from which there are more; None
    where there are none. A part ends with the items, though it be not full."""
    if after.added is None:
        part = _items_after(campaign, after.position, limit)
        if len(part) < limit:
            return part, After(added=-1)
        last = part[-1].item
        return part, After(position=last.position if last is not None else 0)
    part = _added_after(campaign, after.added, limit)
    return part, After(added=part[-1].added) if len(part) == limit else None


def masks_of(outcomes: Iterable[Outcome]) -> Iterator[tuple[Outcome, list[MaskOfSlice]]]:
    """Those of some outcomes of which something was drawn, with their masks, slice by slice in the
    order of z. Read in parts of some hundred slices, each one statement."""
    part: list[Outcome] = []
    slices = 0
    for outcome in outcomes:
        if outcome.drawn:
            part.append(outcome)
            slices += len(outcome.drawn)
        if slices >= _SLICES_A_PART:
            yield from _with_masks(part)
            part, slices = [], 0
    yield from _with_masks(part)


def _with_masks(part: Sequence[Outcome]) -> Iterator[tuple[Outcome, list[MaskOfSlice]]]:
    if not part:
        return
    rows = MaskSlice.objects.in_bulk([one.id for outcome in part for one in outcome.drawn])
    for outcome in part:
        yield outcome, [_mask(rows[one.id]) for one in outcome.drawn]


def _mask(row: MaskSlice) -> MaskOfSlice:
    return MaskOfSlice(
        z=row.z,
        area=Area(row.lo_x, row.lo_y, row.hi_x, row.hi_y),
        resolution=Resolution(row.resolution_x, row.resolution_y, row.resolution_z),
        packed=bytes(row.labels or b""),
    )


def _items_after(campaign: Campaign, position: int, limit: int) -> list[Outcome]:
    items = campaign.items.filter(sheet__isnull=False, position__gt=position)
    wanted = list(items.order_by("position").values_list("pk", flat=True)[:limit])
    if not wanted:
        return []
    settled = list(settled_items_among(campaign.items.filter(pk__in=wanted)))
    revising = revising_items(wanted)
    # Which of the two was later is asked of those alone that were decided as well.
    decided = {pk for pk, one in revising.items() if one.revised is not None}
    discarded = discarded_since(
        decided.intersection(one.item.pk for one in settled if one.is_discarded)
    )
    return [
        _of_item(campaign, one, revising.get(one.item.pk), discarded.get(one.item.pk))
        for one in settled
    ]


def _of_item(
    campaign: Campaign,
    settled: SettledItem,
    revising: Revising | None,
    discarded: datetime | None,
) -> Outcome:
    row = settled.settlement
    state = _state_of(settled)
    judged = Judged(
        label=settled.label,
        categories=settled.categories,
        note=settled.note,
        people=settled.people,
        at=None if row is None else row.settled_at,
        p_correct=None if row is None else row.p_correct,
        votes=0 if row is None else row.votes,
        by_expert=False if row is None else row.by_expert,
    )
    return _outcome(
        campaign,
        settled.item.instance,
        judged,
        state,
        revising,
        judged_at=discarded if settled.is_discarded else judged.at,
        settled=settled,
    )


def _state_of(settled: SettledItem) -> FinalState:
    if settled.is_discarded:
        return FinalState.DISCARDED
    if settled.settlement is not None:
        return _STATES[State(settled.settlement.state)]
    return FinalState.UNJUDGED if settled.label is None else FinalState.WAITING


def _added_after(campaign: Campaign, after: int, limit: int) -> list[Outcome]:
    rows = AddedSynapse.objects.filter(
        campaign=campaign, withdrawn_at__isnull=True, pk__gt=after
    ).select_related("instance")
    part = list(rows.order_by("pk")[:limit])
    revising = revising_added([added.pk for added in part]) if part else {}
    return [_of_added(campaign, added, revising.get(added.pk)) for added in part]


def _of_added(campaign: Campaign, added: AddedSynapse, revising: Revising | None) -> Outcome:
    judged = Judged(
        label=Label.CORRECT,
        categories=(),
        note=added.note,
        people=(added.added_by_id,),
        at=added.added_at,
    )
    return _outcome(campaign, added.instance, judged, FinalState.ADDED, revising, added=added)


def _outcome(
    campaign: Campaign,
    instance: Instance,
    judged: Judged,
    state: FinalState,
    revising: Revising | None,
    *,
    judged_at: datetime | None = None,
    settled: SettledItem | None = None,
    added: AddedSynapse | None = None,
) -> Outcome:
    revised = revising.revised if revising is not None else None
    decided = None if revised is None else Decided(revised.decision, revised.at)
    points = {} if revising is None else revising.points
    size = campaign.table.resolution
    return Outcome(
        instance=instance,
        item=None if settled is None else settled.item,
        added=None if added is None else added.pk,
        page_number=None if settled is None else settled.page_number,
        final=final_of(
            Final(state, judged.label, judged.categories),
            judged_at,
            decided,
            by_expert=judged.by_expert,
        ),
        judged=judged,
        revised=revised,
        revision=None if revising is None else revising.id,
        pre=_point(points, Side.PRE, instance, size),
        post=_point(points, Side.POST, instance, size),
        drawn=() if revising is None else tuple(revising.drawn),
        version=campaign.version,
    )


def _point(
    points: Mapping[Side, PointOutcome | None], side: Side, instance: Instance, size: Resolution
) -> PointOutcome | None:
    """What somebody set, also that there is none; else the table's."""
    is_pre = side is Side.PRE
    root_id: int | None = instance.pre_root_id if is_pre else instance.post_root_id
    if side in points:
        point = points[side]
        if point is not None and point.origin == Marker.Origin.RESET and root_id is not None:
            return replace(point, segment=root_id)
        return point
    table = instance.pre_pt if is_pre else instance.post_pt
    return None if table is None else PointOutcome(table, middle_nm(table, size), root_id, "table")
