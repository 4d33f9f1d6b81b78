"""What experts decide, as the dashboard shows it and as exports say it."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.campaigns.models import Campaign, Membership
from apps.campaigns.services.leasing import lease_page
from apps.evaluation.domain.panels import Panel
from apps.evaluation.models import Report
from apps.evaluation.services.reporting import make_reports
from apps.proofreading.domain import NO_KIND, Label
from apps.proofreading.selectors import items_of_lease, settled_items
from apps.proofreading.services.settling import count_submitted
from apps.proofreading.services.verdicts import NewVerdict, submit_page
from tests.support.paper import paper_campaign
from tests.support.people import Team

pytestmark = pytest.mark.django_db

C, I, U = Label.CORRECT, Label.INCORRECT, Label.UNSURE  # noqa: E741 - short in tables of labels
ROLE = Membership.Role
Answer = tuple[Label, tuple[str, ...]]


def say(campaign: Campaign, user: User, answers: Sequence[Answer]) -> None:
    lease = lease_page(campaign, user, timezone.now()).lease
    assert lease is not None
    now = timezone.now()
    verdicts = [
        NewVerdict(uuid.uuid4(), item.pk, label, now, categories=kinds)
        for item, (label, kinds) in zip(items_of_lease(lease), answers, strict=True)
    ]
    submit_page(lease, verdicts, {one.item_id: one.label for one in verdicts}, now)
    count_submitted(now)


def test_the_dashboard_counts_what_experts_decided_as_exports_say_it(
    tmp_path: Path, team: Team
) -> None:
    roles = {team.anna: ROLE.ANNOTATOR, team.ben: ROLE.ANNOTATOR, team.outsider: ROLE.EXPERT}
    campaign = paper_campaign(tmp_path, roles, instances=6, passes=2)
    say(campaign, team.anna, [(I, ("badFit",))] * 4 + [(U, ()), (C, ())])
    say(campaign, team.ben, [(C, ())] * 4 + [(U, ()), (C, ())])
    make_reports(campaign.pk, timezone.now())
    progress = Report.objects.get(kind=Panel.PROGRESS).body
    # That all are unsure is no answer yet: it waits for the expert.
    assert (progress["states"]["settled"], progress["states"]["disputed"]) == (1, 5)
    assert progress["labels"] == {"correct": 1, "incorrect": 0}

    say(
        campaign,
        team.outsider,
        [(I, ("badFit",)), (I, ("polaritySwitch",)), (I, ()), (C, ()), (U, ())],
    )
    make_reports(campaign.pk, timezone.now())
    progress = Report.objects.get(kind=Panel.PROGRESS).body
    labels, settled = progress["labels"], progress["states"]["settled"]
    assert labels == {"correct": 2, "incorrect": 3}
    exported = list(settled_items(campaign))
    could_not_tell = sum(one.label == U for one in exported)
    assert settled - labels["correct"] - labels["incorrect"] == could_not_tell == 1

    said: Counter[str] = Counter()
    for one in exported:
        if one.label == I:
            said.update(one.categories or (NO_KIND,))
    kinds = Report.objects.get(kind=Panel.CATEGORIES).body["kinds"]
    assert {kind["key"]: kind["instances"] for kind in kinds if kind["instances"]} == said
    assert said == {"badFit": 1, "polaritySwitch": 1, NO_KIND: 1}
