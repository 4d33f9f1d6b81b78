"""Who says what a row says, when, and under which policy stays as it is by now, and nothing is sent
for that."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.utils import timezone

from apps.campaigns.models import Campaign
from apps.cave_sync.services import gathering
from apps.proofreading.domain import Label
from apps.proofreading.services.settling import count_submitted
from apps.revision.domain import Decision
from apps.revision.services.finishing import finish
from apps.revision.services.second_looks import Again, look_again
from tests.cave_sync.delivering import Desk, check_same
from tests.support.paper import work
from tests.support.people import Team
from tests.support.revisions import take_revision

pytestmark = pytest.mark.django_db


def test_who_says_the_same_by_now_is_told_and_nothing_is_sent(desk: Desk, team: Team) -> None:
    work(desk.campaign, team.anna)
    count_submitted(timezone.now())
    delivery = desk.started()
    first = desk.sync(delivery)
    assert first.posted == 12
    row, other = delivery.rows.order_by("pk")[:2]
    assert (row.outcome, row.people, row.wanted_in_id) == ("settled", [team.anna.pk], first.pk)
    Campaign.objects.update(version=7)
    asked = [Again(row.instance_id, "Look.", timezone.now())]
    look_again(desk.campaign, asked, timezone.now())
    finish(take_revision(desk.campaign, team.ben), Decision.FINE, "", timezone.now())
    second = desk.sync(delivery)
    assert (second.posted, second.put, second.deleted, second.total) == (0, 0, 0, 0)
    before, version = row.said_at, row.version
    row.refresh_from_db()
    assert (row.outcome, row.people) == ("fine", [team.anna.pk, team.ben.pk])
    assert (row.version, row.wanted_in_id, row.state) == (7, second.pk, "held")
    assert before is not None
    assert row.said_at is not None
    assert row.said_at > before
    other.refresh_from_db()
    assert (other.version, other.wanted_in_id) == (version, first.pk), "nobody said it anew"
    check_same(desk, delivery)


def test_what_nobody_said_anew_is_not_written(desk: Desk, monkeypatch: Any) -> None:
    desk.settle(0, 1, 2, label=Label.CORRECT)
    delivery = desk.started()
    desk.sync(delivery)
    kept = list[gathering.Changes]()
    keep = gathering._keep

    def told(changes: gathering.Changes, now: datetime) -> None:
        kept.append(changes)
        keep(changes, now)

    monkeypatch.setattr(gathering, "_keep", told)
    desk.sync(delivery)
    assert kept == [gathering.Changes()]
