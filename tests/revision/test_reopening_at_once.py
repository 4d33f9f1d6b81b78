"""Who takes something back while somebody else is at it: neither undoes the other."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.campaigns.models import Campaign
from apps.core.errors import ConflictError
from apps.proofreading.domain import Label
from apps.revision.domain import Decision
from apps.revision.domain.queue import WhyNone
from apps.revision.models import Revision, RevisionLease
from apps.revision.services.finishing import finish, reopen
from apps.revision.services.gathering import gather
from apps.revision.services.reopening import reopen_own
from apps.revision.services.settings import change_settings
from tests.campaigns.test_two_at_once import at_once
from tests.revision.test_proposals import choice, decide, draw_two, ready
from tests.revision.test_proposals_taken_back import again, fates, take_back
from tests.support.drawing import Reviser, revise
from tests.support.locks import somebody_waits
from tests.support.people import Team, make_team
from tests.support.revisions import ask_revision, settle_as, take_revision, to_mend
from tests.support.waiting import wait_for
from tests.support.work import post

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def people() -> Team:
    return make_team()


@pytest.fixture
def paper(tmp_path: Path, people: Team) -> Campaign:
    return to_mend(tmp_path, people, count=1)


def finished(campaign: Campaign, user: User) -> int:
    lease = take_revision(campaign, user)
    finish(lease, Decision.MENDED, "", timezone.now())
    return lease.revision_id


@contextmanager
def waiting_behind(deed: Callable[[], object]) -> Iterator[list[str]]:
    """Within, what is done stays unseen until the end, and `deed`, which began meanwhile, waits for
    it; the sentence with which it was refused, if it was."""
    refused = list[str]()

    def late() -> None:
        try:
            deed()
        except ConflictError as error:
            refused.append(str(error))
        finally:
            connection.close()

    beside = threading.Thread(target=late)
    with transaction.atomic():
        yield refused
        beside.start()
        wait_for(somebody_waits, "it waits")
    beside.join(timeout=30)
    assert not beside.is_alive()


def test_who_opens_it_again_has_it_whoever_asks_for_it_beside(
    paper: Campaign, people: Team
) -> None:
    pk = finished(paper, people.anna)
    whys = list[WhyNone | None]()
    own = partial(reopen_own, paper, pk, people.anna, timezone.now())
    at_once([own, lambda: whys.append(ask_revision(paper, people.ben, pk).why)])
    assert whys == [WhyNone.TAKEN]
    revision = Revision.objects.select_related("lease").get(pk=pk)
    assert revision.lease is not None
    assert (revision.lease.user_id, revision.finished_at) == (people.anna.pk, None)
    assert RevisionLease.objects.filter(user=people.ben).count() == 0


def test_what_somebody_else_finished_meanwhile_is_theirs(paper: Campaign, people: Team) -> None:
    """She waits while it is opened again by a manager, handed to him and finished."""
    pk = finished(paper, people.anna)
    now = timezone.now()
    with waiting_behind(lambda: reopen_own(paper, pk, people.anna, now)) as refused:
        reopen(paper, pk, people.manager, now)
        finish(take_revision(paper, people.ben, pk), Decision.FINE, "", now)
    assert "Somebody else was handed" in "".join(refused)
    assert Revision.objects.get(pk=pk).decision == "fine"


def test_what_comes_to_be_correct_meanwhile_is_not_opened_again(
    paper: Campaign, people: Team
) -> None:
    pk = finished(paper, people.anna)
    item = paper.items.get(position=0)
    with waiting_behind(lambda: reopen_own(paper, pk, people.anna, timezone.now())) as refused:
        settle_as(item, Label.CORRECT)
        assert gather(paper).gone == 1
    assert "need not be mended" in "".join(refused)
    assert Revision.objects.get(pk=pk).decision == "mended"


def test_what_is_gathered_behind_takes_nothing_from_who_has_it_again(
    paper: Campaign, people: Team
) -> None:
    pk = finished(paper, people.anna)
    settle_as(paper.items.get(position=0), Label.CORRECT)
    with waiting_behind(lambda: gather(paper)):
        reopen_own(paper, pk, people.anna, timezone.now())
    revision = Revision.objects.get(pk=pk)
    assert (revision.wanted, revision.finished_at) == (False, None)
    assert take_revision(paper, people.anna).revision_id == pk


def test_a_pause_that_comes_between_leaves_it_finished(paper: Campaign, people: Team) -> None:
    pk, now = finished(paper, people.anna), timezone.now()
    with waiting_behind(lambda: reopen_own(paper, pk, people.anna, now)) as refused:
        Revision.objects.select_for_update(no_key=True).get(pk=pk)
        change_settings(paper, {"is_paused": True}, people.manager, now)
    assert "paused or ended" in "".join(refused)
    assert Revision.objects.get(pk=pk).decision == "mended"


def second_tab(anna: Reviser) -> Reviser:
    client = type(anna.client)()
    client.cookies = anna.client.cookies
    return Reviser(client, anna.lease, anna.easel)


def test_a_second_tab_that_draws_first_keeps_what_it_drew(mended: Campaign, team: Team) -> None:
    anna = revise(mended, team.anna)
    z = draw_two(anna)[0] + 1
    found = ready(anna, reach=0)
    decide(anna, found, choice(z))
    tab, told = second_tab(anna), list[str]()
    back = {"slices": [again(z, 1)]}
    address = f"{tab.address}/proposals/{found['id']}/take-back"
    with waiting_behind(
        lambda: told.append(post(tab.client, address, back).json()["error"]["code"])
    ):
        anna.draw(anna.drawn(z, 1))
    assert told == ["slice_changed"]
    [proposal] = anna.look()["proposals"]
    assert fates(proposal)[0] == "accepted"
    assert (anna.slice(z)["number"], anna.slice(z)["origin"]) == (2, "drawn")


def test_what_a_second_tab_draws_behind_is_kept_beside(mended: Campaign, team: Team) -> None:
    anna = revise(mended, team.anna)
    z = draw_two(anna)[0] + 1
    found = ready(anna, reach=0)
    decide(anna, found, choice(z))
    tab, told = second_tab(anna), list[str]()
    drawn = {"slices": [anna.drawn(z, 1)]}
    with waiting_behind(
        lambda: told.append(
            post(tab.client, f"{tab.address}/slices", drawn).json()["error"]["code"]
        )
    ):
        assert fates(take_back(anna, found, again(z, 1)))[0] is None
    assert told == ["slice_changed"]
    assert (anna.now(z)["number"], anna.slice(z)["origin"]) == (2, "restored")
    late, *_ = anna.get(f"versions?z={z}")["versions"]
    assert (late["number"], late["late"]) == (3, True)
