"""What was decided on is looked at again, by itself, and stays what it is until it is decided on
anew."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.campaigns.models import AuditEntry, Campaign
from apps.proofreading.domain import Label
from apps.proofreading.models import Recount, Settlement, Verdict
from apps.revision.domain import Decision
from apps.revision.models import Revision, SecondLook
from apps.revision.selectors import Outcome, outcomes
from apps.revision.selectors.outcome_parts import Touched, touched_in
from apps.revision.services.finishing import finish
from apps.revision.services.gathering import Gathered, gather_all
from apps.revision.services.second_looks import Again, look_again, why_nobody_looks
from apps.revision.services.settings import change_settings
from tests.campaigns.test_two_at_once import at_once
from tests.revision.drawing import draw, set_point
from tests.support.paper import paper_campaign
from tests.support.people import Team, make_team
from tests.support.revisions import ask_revision, roles_of, settle_as, take_revision
from tests.support.work import client_of, post

BECAUSE = "Its neurons have changed."


@pytest.fixture
def paper(tmp_path: Path, team: Team) -> Campaign:
    """Six synapses, all of them correct but the first."""
    paper = paper_campaign(tmp_path, roles_of(team), instances=6)
    for item in paper.items.all():
        settle_as(item, Label.CORRECT if item.position else Label.INCORRECT)
    gather_all()
    return paper


def ask(paper: Campaign, *positions: int, since: datetime | None = None) -> list[SecondLook | None]:
    now = timezone.now()
    ids = paper.items.filter(position__in=positions).order_by("position")
    asked = [Again(pk, BECAUSE, since or now) for pk in ids.values_list("instance", flat=True)]
    found = look_again(paper, asked, now)
    return [found[one.instance] for one in asked]


def only(paper: Campaign, position: int) -> Outcome:
    [found] = [one for one in outcomes(paper) if one.item and one.item.position == position]
    return found


def gather() -> None:
    gather_all()


def gather_again() -> Gathered:
    """As if something had been counted."""
    Recount.objects.create(campaign=Campaign.objects.get())
    return gather_all()


@pytest.mark.django_db
def test_one_of_them_is_handed_out_and_says_why(paper: Campaign, team: Team) -> None:
    first = take_revision(paper, team.ben)
    finish(first, Decision.MENDED, "", timezone.now())
    verdicts = Verdict.objects.count()
    before = [one.final for one in outcomes(paper)]
    ask(paper, 3)
    assert gather_again() == Gathered(0, 0), "it is left, though it is settled as correct"
    assert [one.final for one in outcomes(paper)] == before
    answer = post(client_of(team.anna), f"/api/campaigns/{paper.pk}/revisions/lease", {})
    handed = answer.json()["revision"]
    assert (handed["number"], handed["label"], handed["again"]) == (4, "correct", BECAUSE)
    lease = take_revision(paper, team.anna)
    finish(lease, Decision.NO_SYNAPSE, "", timezone.now())
    assert ask_revision(paper, team.anna).lease is None, "nothing else of its page"
    assert (only(paper, 3).final.state, Verdict.objects.count()) == ("no_synapse", verdicts)
    assert gather_again() == Gathered(0, 0)
    page = client_of(team.manager).get(f"/campaigns/{paper.pk}/revisions/").content.decode()
    assert page.count('data-state="done"') == 2, "it can be opened again as any that is done"
    [audited] = AuditEntry.objects.filter(action="revision_reopened")
    assert (audited.actor, audited.details["synapse"]) == (None, 4)
    assert audited.details["because"] == BECAUSE


@pytest.mark.django_db
def test_a_decision_stands_until_there_is_another(paper: Campaign, team: Team) -> None:
    lease = take_revision(paper, team.ben)
    set_point(lease, "pre", 1, 40)
    draw(lease, 5, 1)
    finish(lease, Decision.MENDED, "the edge", timezone.now())
    before = only(paper, 0)
    [look] = ask(paper, 0)
    assert look is not None
    assert only(paper, 0) == before
    assert touched_in(paper.pk, 10) == Touched(drawn=1, with_points=1), "nobody has it now"
    again = take_revision(paper, team.anna)
    assert again.revision_id == lease.revision_id
    set_point(again, "pre", 2, 50)
    draw(again, 6, 1)
    assert only(paper, 0) == before, "what is half done counts for nothing yet"
    page = client_of(team.manager).get(f"/campaigns/{paper.pk}/revisions/").content.decode()
    assert f"to be looked at again: {BECAUSE}" in page
    own = client_of(team.ben).get(f"/campaigns/{paper.pk}/revisions/mine/").content.decode()
    assert (stands := "what you decided counts until somebody decides anew") in own
    finish(again, Decision.UNMENDABLE, "", timezone.now())
    ask(paper, 0)
    own = client_of(team.ben).get(f"/campaigns/{paper.pk}/revisions/mine/").content.decode()
    assert stands not in own, "it is what Anna decided that does"
    hers = client_of(team.anna).get(f"/campaigns/{paper.pk}/revisions/mine/").content.decode()
    assert stands in hers
    after = only(paper, 0)
    assert after.revised is not None
    assert (after.final.state, after.revised.by) == ("unmendable", team.anna.pk)
    assert after.pre is not None
    assert (after.pre.nm, [one.z for one in after.drawn]) == ((50.0, 50.0, 50.0), [5, 6])
    look.refresh_from_db()
    assert look.ended_at is not None
    audited = AuditEntry.objects.filter(action="revision_reopened").order_by("pk")
    told = [(one.details["decision"], one.details["person"]) for one in audited]
    assert told == [("mended", "ben"), ("unmendable", "anna")]


@pytest.mark.django_db
def test_what_was_half_done_stays_so_when_it_is_asked_for_once_more(
    paper: Campaign, team: Team
) -> None:
    """Anna sets a point and draws, an expert judges it before she has finished, and it is to be
    looked at again, twice."""
    lease = take_revision(paper, team.ben)
    set_point(lease, "pre", 1, 40)
    finish(lease, Decision.MENDED, "", timezone.now())
    before = only(paper, 0)
    ask(paper, 0)
    half = take_revision(paper, team.anna)
    set_point(half, "pre", 2, 50)
    draw(half, 6, 1)
    for _ in range(2):
        settle_as(paper.items.get(position=0), Label.CORRECT, by_expert=True)
        assert gather_all() == Gathered(0, 1)
        ask(paper, 0)
        after = only(paper, 0)
        assert (after.pre, after.drawn) == (before.pre, before.drawn)
        assert touched_in(paper.pk, 10) == Touched(drawn=0, with_points=1)
    assert SecondLook.objects.count() == 3
    finish(take_revision(paper, team.anna), Decision.MENDED, "", timezone.now())
    finished = only(paper, 0)
    assert finished.pre is not None
    assert (finished.pre.nm, len(finished.drawn)) == ((50.0, 50.0, 50.0), 1)


@pytest.mark.django_db
def test_asked_for_again_it_is_opened_once(paper: Campaign, team: Team) -> None:
    [first] = ask(paper, 2)
    [again] = ask(paper, 2)
    assert first == again
    since = timezone.now()
    assert first is not None
    finish(take_revision(paper, team.ben, first.revision_id), Decision.FINE, "", since)
    assert ask(paper, 2, since=since - timedelta(seconds=1)) == [None], "it was decided on since"
    assert Revision.objects.filter(finished_at__isnull=False).count() == 1
    [new] = ask(paper, 2)
    assert new is not None
    assert new != first
    settle_as(paper.items.get(position=4), Label.CORRECT)
    assert ask(paper, 4, since=since - timedelta(seconds=1)) == [None], "judged since"


@pytest.mark.django_db
def test_what_is_judged_anew_meanwhile_is_not_looked_at(paper: Campaign, team: Team) -> None:
    [look] = ask(paper, 1)
    item = paper.items.get(position=1)
    settle_as(item, Label.CORRECT, by_expert=True)
    assert gather_all() == Gathered(0, 1)
    assert take_revision(paper, team.ben).revision.item_id != item.pk
    assert ask_revision(paper, team.anna).lease is None
    [again] = ask(paper, 1)
    assert again is not None
    assert again != look
    assert take_revision(paper, team.anna).revision_id == again.revision_id


@pytest.mark.django_db
def test_where_nothing_is_handed_out_it_is_said_why(paper: Campaign, team: Team) -> None:
    assert why_nobody_looks(paper) == ""
    change_settings(paper, {"is_paused": True}, team.manager, timezone.now())
    assert why_nobody_looks(paper) == "revision is paused"
    change_settings(paper, {"is_paused": False}, team.manager, timezone.now())
    said = {
        "paused": "",
        "closed": "",
        "archived": "the campaign is archived",
        "preparing": "the campaign is not open",
    }
    for status, why in said.items():
        Campaign.objects.update(status=status)
        assert why_nobody_looks(paper) == why
    Campaign.objects.update(status="closed")
    [look] = ask(paper, 3)
    assert look is not None
    assert take_revision(paper, team.anna, look.revision_id).revision_id == look.revision_id


@pytest.mark.django_db
def test_however_many_they_are_it_takes_some_statements(paper: Campaign) -> None:
    with CaptureQueriesContext(connection) as few:
        ask(paper, 1)
    with CaptureQueriesContext(connection) as more:
        ask(paper, 2, 3, 4, 5)
    assert len(more) <= len(few) < 20
    assert Settlement.objects.filter(item__campaign=paper).count() == 6


@pytest.mark.django_db(transaction=True)
def test_two_who_ask_at_once_open_it_once(tmp_path: Path) -> None:
    team = make_team()
    paper = paper_campaign(tmp_path, roles_of(team), instances=6)
    for item in paper.items.all():
        settle_as(item, Label.CORRECT)

    def asks(*positions: int) -> None:
        ask(paper, *positions)

    at_once([partial(asks, 0, 1, 2), partial(asks, 2, 1, 3), gather])
    assert SecondLook.objects.filter(ended_at__isnull=True).count() == 4
    assert AuditEntry.objects.filter(action="revision_reopened").count() == 4
    assert Revision.objects.filter(wanted=True).count() == 4
