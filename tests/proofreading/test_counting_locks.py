"""Nobody who submits a page waits for the job that counts, whatever it holds."""

from __future__ import annotations

import uuid
from functools import partial
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.campaigns.models import Campaign, Lease, Membership
from apps.campaigns.services.leasing import lease_page
from apps.campaigns.services.life import lock_campaign
from apps.proofreading.domain import Label
from apps.proofreading.models import Settlement, Verdict
from apps.proofreading.selectors import items_of_lease
from apps.proofreading.services import settling
from apps.proofreading.services.asking import request_more_votes
from apps.proofreading.services.reopening import reopen_page
from apps.proofreading.services.settling import settle_items
from apps.proofreading.services.verdicts import NewVerdict, append_late
from tests.campaigns.test_two_at_once import at_once
from tests.support.paper import always, judge, paper_campaign
from tests.support.people import Team, make_team

pytestmark = pytest.mark.django_db(transaction=True)
ROLE = Membership.Role


def two_passes(tmp_path: Path, team: Team) -> Campaign:
    roles = {team.manager: ROLE.MANAGER} | dict.fromkeys([team.anna, team.ben], ROLE.ANNOTATOR)
    return paper_campaign(tmp_path, roles, instances=6, passes=2)


def take(campaign: Campaign, user: User) -> Lease:
    lease = lease_page(campaign, user, timezone.now()).lease
    assert lease is not None
    return lease


def judge_without_waiting(lease: Lease) -> None:
    """Submit a page over a connection that fails instead of waiting for somebody's lock."""
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '2s'")
        cursor.execute("SET statement_timeout = '20s'")
    judge(lease, always(Label.CORRECT))


def test_a_page_is_submitted_while_its_instances_are_counted(tmp_path: Path) -> None:
    team = make_team()
    campaign = two_passes(tmp_path, team)
    judge(take(campaign, team.anna), always(Label.CORRECT))
    lease = take(campaign, team.ben)
    items = set(campaign.items.values_list("pk", flat=True))

    with transaction.atomic():
        settle_items(campaign.pk, items, timezone.now())
        request_more_votes(campaign.pk)
        at_once([partial(judge_without_waiting, lease)])
    assert Verdict.objects.filter(lease=lease).count() == 6
    assert campaign.pages.filter(submitted_at__isnull=True).count() == 0


def test_a_page_is_submitted_while_another_with_its_instances_is_reopened(tmp_path: Path) -> None:
    team = make_team()
    campaign = two_passes(tmp_path, team)
    judge(take(campaign, team.anna), always(Label.CORRECT))
    lease = take(campaign, team.ben)

    with transaction.atomic():
        assert reopen_page(campaign, 1, None, team.manager, timezone.now())
        at_once([partial(judge_without_waiting, lease)])
    assert Verdict.objects.filter(lease=lease).count() == 6


def test_a_label_comes_late_while_a_manager_changes_the_campaign(tmp_path: Path) -> None:
    team = make_team()
    campaign = two_passes(tmp_path, team)
    lease = take(campaign, team.anna)
    judge(lease, always(Label.CORRECT))

    def say_late() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '2s'")
        late = NewVerdict(uuid.uuid4(), items_of_lease(lease)[0].pk, Label.UNSURE, timezone.now())
        append_late(lease, [late])

    with transaction.atomic():
        lock_campaign(campaign.pk)
        at_once([say_late])
    assert Verdict.objects.filter(lease=lease, late=True).count() == 1


def test_many_items_are_settled_in_parts_and_what_is_the_same_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settling, "_ITEMS_A_PART", 4)
    team = make_team()
    campaign = two_passes(tmp_path, team)
    judge(take(campaign, team.anna), always(Label.CORRECT))
    items = list(campaign.items.order_by("pk").values_list("pk", flat=True))
    with connection.cursor() as cursor:
        # The last item cannot be stored: what was settled in a part before it stays.
        cursor.execute(
            "ALTER TABLE proofreading_settlement ADD CONSTRAINT not_the_last"
            f" CHECK (item_id <> {items[-1]})"
        )
    try:
        with pytest.raises(Exception, match="not_the_last"):
            settle_items(campaign.pk, items, timezone.now())
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE proofreading_settlement DROP CONSTRAINT not_the_last")
    assert list(Settlement.objects.order_by("pk").values_list("pk", flat=True)) == items[:4]
    first = Settlement.objects.get(pk=items[0])
    settle_items(campaign.pk, items, timezone.now())
    assert Settlement.objects.count() == 6
    assert Settlement.objects.get(pk=items[0]).settled_at == first.settled_at
