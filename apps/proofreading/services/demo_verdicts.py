"""What ben has judged already when the demonstration begins: so there is something to mend."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random

from django.utils import timezone

from apps.accounts.models import User
from apps.campaigns.models import Campaign, Lease
from apps.campaigns.services.rendering import prepare_campaign
from apps.proofreading.domain import Label
from apps.proofreading.selectors import items_of_lease
from apps.proofreading.services.handing import hand_page
from apps.proofreading.services.settling import count_submitted
from apps.proofreading.services.verdicts import NewVerdict, submit_page

_RIGHT = "correct"
_UNSURE = 1  # of those that are right, ben is unsure about the first


def judge_a_page(campaign: Campaign, judge: User, truth: Path) -> None:
    """One page as the file of the phantom says that it is, all at once or not at all; it is counted
    then. Where somebody has begun to work, or the campaign is being prepared elsewhere, nothing is
    judged."""
    if Lease.objects.filter(page__campaign=campaign).exists():
        return
    prepare_campaign(campaign.pk)
    campaign.refresh_from_db()
    if campaign.status != Campaign.Status.OPEN:
        return
    lease = hand_page(campaign, judge, timezone.now(), Random(0)).lease  # noqa: S311 - of gold
    if lease is None:
        return
    rows = json.loads(truth.read_text(encoding="utf-8"))["rows"]
    verdicts = [*_verdicts(lease, {str(row["row"]): row["kind"] for row in rows})]
    seen = {verdict.item_id: verdict.label for verdict in verdicts}
    submit_page(lease, verdicts, seen, timezone.now())
    count_submitted(timezone.now())


def _verdicts(lease: Lease, kinds: Mapping[str, str]) -> Iterator[NewVerdict]:
    """`kinds`: what each row of the table is, by its id there."""
    unsure = _UNSURE
    for item in items_of_lease(lease):
        kind = kinds.get(str(item.instance.source_id), _RIGHT)
        label = Label.CORRECT if kind == _RIGHT else Label.INCORRECT
        if kind == _RIGHT and unsure > 0:
            label, unsure = Label.UNSURE, unsure - 1
        categories = () if kind == _RIGHT else (kind,)
        yield NewVerdict(uuid.uuid4(), item.pk, label, timezone.now(), categories)
