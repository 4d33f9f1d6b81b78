"""Many who ask for instances to mend at once: each has another, and nobody waits for a hand."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.proofreading.domain import Label
from apps.revision.domain.queue import WhyNone
from apps.revision.models import Revision, RevisionLease
from apps.revision.services.gathering import gather_all
from apps.revision.services.leasing import hold_for_write
from tests.campaigns.test_two_at_once import at_once
from tests.support.paper import paper_campaign
from tests.support.people import make_team
from tests.support.revisions import ask_revision, roles_of, settle_as, take_revision, to_mend


@pytest.mark.django_db(transaction=True)
def test_of_many_who_ask_at_once_each_has_another(tmp_path: Path) -> None:
    team = make_team()
    paper = to_mend(tmp_path, team, count=3)
    people = [team.anna, team.ben, team.manager]
    granted: list[tuple[int, int]] = []

    def take(user: User) -> None:
        lease = ask_revision(paper, user).lease
        if lease is not None:
            granted.append((lease.revision_id, user.pk))

    at_once([partial(take, user) for user in people for _ in range(3)])
    holders = dict(set(granted))
    assert len(set(granted)) == len(holders) == 3, "each person has one, and none has two"
    assert RevisionLease.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_of_two_who_want_the_same_one_gets_it(tmp_path: Path) -> None:
    team = make_team()
    paper = to_mend(tmp_path, team, count=1)
    wanted = Revision.objects.get().pk
    whys: list[WhyNone | None] = []
    deeds = [
        partial(lambda user: whys.append(ask_revision(paper, user, wanted).why), user)
        for user in (team.anna, team.ben)
    ]
    at_once(deeds)
    assert sorted(whys, key=str) == [None, WhyNone.TAKEN]
    assert RevisionLease.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_who_draws_does_not_wait_for_who_asks_for_another(tmp_path: Path) -> None:
    team = make_team()
    paper = to_mend(tmp_path, team)
    lease = take_revision(paper, team.anna)

    def take_without_waiting() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '2s'")
        assert ask_revision(paper, team.ben).lease is not None

    with transaction.atomic():
        assert hold_for_write(lease, timezone.now()).holds
        at_once([take_without_waiting])


@pytest.mark.django_db(transaction=True)
def test_two_who_gather_at_once_make_each_revision_once(tmp_path: Path) -> None:
    team = make_team()
    paper = paper_campaign(tmp_path, roles_of(team), instances=6)
    for item in paper.items.all():
        settle_as(item, Label.INCORRECT)

    def gather_them() -> None:
        gather_all()

    at_once([gather_them] * 3)
    assert Revision.objects.filter(campaign=paper).count() == 6
