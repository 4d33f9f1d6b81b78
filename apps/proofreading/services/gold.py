"""Make gold: instances whose answer is known, to measure and train people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from apps.accounts.models import User
from apps.campaigns.models import Campaign, Item
from apps.campaigns.services.audit import record
from apps.campaigns.services.changing import check_not_archived
from apps.core.errors import ConflictError, InvalidInputError
from apps.datasets.models import Instance
from apps.proofreading.domain import CLASSES, Label
from apps.proofreading.models import GoldAnswer, GoldPolicy
from apps.proofreading.selectors.gold import gold_policy_of

LONGEST_EXPLANATION = 500
MOST_ON_RECORD = 200
_TAKES_GOLD = (Campaign.Status.DRAFT, Campaign.Status.OPEN, Campaign.Status.PAUSED)
_BATCH = 5_000


@dataclass(frozen=True)
class NewGold:
    """A known answer as it was given; `where` names its place in the input, such as "row 2"."""

    where: str
    source_id: int
    label: str
    explanation: str = ""


@dataclass(frozen=True)
class AddedGold:
    """How many items became gold, and of how many the known answer was replaced."""

    new: int
    replaced: int


@transaction.atomic
def add_gold(
    campaign: Campaign, rows: Sequence[NewGold], actor: User | None, now: datetime
) -> AddedGold:
    """Make instances of the campaign's table gold; of those that are, replace the answer.

    All rows or none. Raises InvalidInputError naming the first row that cannot be used, and
    ConflictError where the campaign takes no gold now.
    """
    campaign = Campaign.objects.select_for_update(of=("self",), no_key=True).get(pk=campaign.pk)
    if campaign.status not in _TAKES_GOLD:
        raise ConflictError(
            f"Gold is added while a campaign is a draft, open or paused; it is {campaign.status}."
        )
    _check_rows(rows)
    wanted = [row.source_id for row in rows]
    instances = {
        instance.source_id: instance.pk
        for instance in Instance.objects.filter(table=campaign.table_id, source_id__in=wanted)
    }
    items = {
        item.instance_id: item
        for item in Item.objects.filter(campaign=campaign, instance__in=instances.values())
    }
    _check_instances(rows, instances, items)
    former = dict(
        GoldAnswer.objects.filter(item__in=items.values()).values_list(
            "item__instance__source_id", "label"
        )
    )
    fresh = [instances[row.source_id] for row in rows if instances[row.source_id] not in items]
    items |= {item.instance_id: item for item in _make_items(campaign, fresh)}
    GoldAnswer.objects.bulk_create(
        [
            GoldAnswer(
                item=items[instances[row.source_id]],
                label=row.label,
                explanation=row.explanation.strip(),
            )
            for row in rows
        ],
        update_conflicts=True,
        unique_fields=["item"],
        update_fields=["label", "explanation"],
        batch_size=_BATCH,
    )
    added = AddedGold(new=len(fresh), replaced=len(rows) - len(fresh))
    details = {"new": added.new, "replaced": added.replaced, **_answers(rows, former)}
    record(campaign, actor, "gold_added", details, now)
    return added


def _answers(rows: Sequence[NewGold], former: Mapping[int, str]) -> dict[str, Any]:
    """What the record says of each answer, by source id: those that take the place of another one
    are left out last, where there are very many."""
    ordered = sorted(rows, key=lambda row: former.get(row.source_id, row.label) == row.label)
    told = {
        str(row.source_id): {"from": former[row.source_id], "to": row.label}
        if row.source_id in former
        else row.label
        for row in ordered[:MOST_ON_RECORD]
    }
    left_out = len(rows) - len(told)
    return {"answers": told} | ({"answers_left_out": left_out} if left_out else {})


@transaction.atomic
def set_gold_policy(
    campaign: Campaign, chosen: Mapping[str, Any], actor: User, now: datetime
) -> GoldPolicy:
    """Change how gold is mixed in, told and used for training; what is not named stays.

    It holds for pages that are handed out from now on. Raises InvalidInputError naming the field,
    and NotNowError for an archived campaign.
    """
    campaign = Campaign.objects.select_for_update(of=("self",), no_key=True).get(pk=campaign.pk)
    check_not_archived(campaign, "gold")
    policy = gold_policy_of(campaign.pk)
    former = {name: getattr(policy, name) for name in chosen}
    policy.campaign = campaign
    for name, value in chosen.items():
        setattr(policy, name, value)
    if policy.floor > policy.rate:
        raise InvalidInputError(
            f"floor: give at most the rate, {policy.rate}: it falls with experience.",
            field="floor",
        )
    policy.save()
    changed = {
        name: {"from": former[name], "to": value}
        for name, value in chosen.items()
        if former[name] != value
    }
    if changed:
        record(campaign, actor, "gold_policy_changed", {"changed": changed}, now)
    return policy


def _check_rows(rows: Sequence[NewGold]) -> None:
    if not rows:
        raise InvalidInputError("rows: there are none.", field="rows")
    first: dict[int, str] = {}
    for row in rows:
        if row.label not in CLASSES:
            raise InvalidInputError(
                f"{row.where}: the label {row.label!r} is none of "
                f"{', '.join(Label(one).value for one in CLASSES)}.",
                field="label",
            )
        if len(row.explanation.strip()) > LONGEST_EXPLANATION:
            raise InvalidInputError(
                f"{row.where}: the explanation is longer than {LONGEST_EXPLANATION} characters.",
                field="explanation",
            )
        before = first.setdefault(row.source_id, row.where)
        if before != row.where:
            raise InvalidInputError(
                f"{row.where}: synapse {row.source_id} has an answer already, in {before}.",
                field="source_id",
            )


def _check_instances(
    rows: Sequence[NewGold], instances: dict[int, int], items: dict[int, Item]
) -> None:
    for row in rows:
        if row.source_id not in instances:
            raise InvalidInputError(
                f"{row.where}: the table of this campaign has no synapse {row.source_id}.",
                field="source_id",
            )
        item = items.get(instances[row.source_id])
        if item is not None and item.sheet is not None:
            raise InvalidInputError(
                f"{row.where}: synapse {row.source_id} is on a page of this campaign already, "
                "so it cannot become gold. Any instance can while the campaign is a draft; now "
                "only those that are on none of its pages.",
                field="source_id",
            )


def _make_items(campaign: Campaign, instance_ids: Sequence[int]) -> list[Item]:
    """Items on no sheet. Their positions follow all that the table's instances can get."""
    last = campaign.items.aggregate(last=Max("position"))["last"]
    start = max(campaign.table.row_count, -1 if last is None else last + 1)
    return Item.objects.bulk_create(
        [
            Item(campaign=campaign, instance_id=instance_id, position=start + number)
            for number, instance_id in enumerate(instance_ids)
        ],
        batch_size=_BATCH,
    )
