"""What comes to be mended: what was settled as incorrect or unsure, and is not discarded."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.campaigns.models import Campaign, Membership
from apps.exports.services.writing import synanno_pieces
from apps.proofreading.domain import Label, State
from apps.proofreading.models import Settlement
from apps.proofreading.services.discarding import take_back
from apps.proofreading.services.reopening import reopen_page
from apps.proofreading.services.revising import revise_verdicts
from apps.proofreading.services.settling import count_submitted
from apps.revision.domain import Decision
from apps.revision.models import Revision
from apps.revision.selectors.coming import why_it_came
from apps.revision.selectors.listing import RevisionState, revisions_of
from apps.revision.selectors.queue import counts_of
from apps.revision.services import gathering, granting
from apps.revision.services.finishing import finish
from apps.revision.services.gathering import Gathered, gather, gather_all
from tests.exports.test_round_trip import judge_first_page, restore
from tests.proofreading.test_cards_discards import BAD_FIT, BOTH, FALSE, C, U, discard, said, says
from tests.support.paper import paper_campaign
from tests.support.people import Team
from tests.support.revisions import settle_as, take_revision
from tests.support.work import client_of, post

pytestmark = pytest.mark.django_db

ROLE = Membership.Role


def roles_of(team: Team) -> dict[User, Membership.Role]:
    return {team.manager: ROLE.MANAGER, team.anna: ROLE.ANNOTATOR, team.ben: ROLE.ANNOTATOR}


@pytest.fixture
def paper(tmp_path: Path, team: Team) -> Campaign:
    return paper_campaign(tmp_path, roles_of(team), instances=6)


def wanted(campaign: Campaign) -> list[int]:
    """The positions of the items that wait for somebody, in the order in which they go out."""
    rows = Revision.objects.filter(campaign=campaign, wanted=True).order_by("rank", "pk")
    return [row.item.position for row in rows.select_related("item") if row.item is not None]


def test_what_is_wrong_or_unsure_comes_in_the_order_of_the_campaign(
    paper: Campaign, team: Team
) -> None:
    says(paper, team.anna, {4: (U, ()), 1: BAD_FIT, 2: (C, ())})
    assert gather_all() == Gathered(0, 0), "nothing is settled yet"
    count_submitted(timezone.now())
    assert gather_all() == Gathered(2, 0)
    assert wanted(paper) == [1, 4]
    assert gather_all() == gather(paper) == Gathered(0, 0)
    first = take_revision(paper, team.ben)
    assert first.revision.item is not None
    assert first.revision.item.position == 1


def test_it_comes_when_somebody_asks_and_nobody_gathered(paper: Campaign, team: Team) -> None:
    says(paper, team.anna, {3: BAD_FIT})
    count_submitted(timezone.now())
    assert take_revision(paper, team.ben).revision.item == paper.items.get(position=3)


def test_discarded_ones_are_out_and_come_back(paper: Campaign, team: Team) -> None:
    says(paper, team.anna, {0: FALSE, 1: BAD_FIT, 2: BOTH})
    count_submitted(timezone.now())
    gather_all()
    assert wanted(paper) == [0, 1, 2]
    batch = discard(paper, team.anna, 2)
    assert gather_all() == Gathered(0, 2)
    assert wanted(paper) == [1]
    take_back(paper, team.anna, batch, timezone.now())
    assert gather_all() == Gathered(2, 0)
    assert wanted(paper) == [0, 1, 2]
    assert Revision.objects.count() == 3, "they are the same as before"


def test_what_comes_to_be_correct_is_wanted_no_more(paper: Campaign, team: Team) -> None:
    lease = says(paper, team.anna, {0: BAD_FIT, 1: BAD_FIT})
    count_submitted(timezone.now())
    gather_all()
    first = paper.items.get(position=0)
    revise_verdicts(lease, [said(first, C)])
    count_submitted(timezone.now())
    assert gather_all() == Gathered(0, 1)
    assert wanted(paper) == [1]
    reopen_page(paper, 1, None, team.manager, timezone.now())
    assert gather_all() == Gathered(0, 1), "of which nothing is settled any more"
    assert wanted(paper) == []


def test_gold_and_what_is_not_settled_never_come(tmp_path: Path, team: Team) -> None:
    gold = {6: Label.INCORRECT}
    paper = paper_campaign(tmp_path, roles_of(team), instances=7, gold=gold)
    for item in paper.items.all():
        settle_as(item, Label.INCORRECT)
    Settlement.objects.filter(item__position=2).update(state=State.WAITING)
    gather_all()
    on_sheets = paper.items.filter(sheet__isnull=False).values_list("position", flat=True)
    assert wanted(paper) == sorted({*on_sheets} - {2})
    assert paper.items.filter(sheet=None).count() == 1


def test_what_is_disputed_waits_for_experts_where_there_are_some(
    paper: Campaign, team: Team
) -> None:
    says(paper, team.anna, {0: (U, ()), 1: BAD_FIT})
    count_submitted(timezone.now())
    expert = Membership.objects.create(campaign=paper, user=team.outsider, role=ROLE.EXPERT)
    gather_all()
    assert wanted(paper) == [1]
    expert.delete()
    gather_all()
    assert wanted(paper) == [0, 1], "nobody else will say what it is"
    Membership.objects.create(campaign=paper, user=team.outsider, role=ROLE.EXPERT)
    assert gather_all() == Gathered(0, 1)
    Campaign.objects.update(status="closed")
    gather_all()
    assert wanted(paper) == [0, 1], "nobody judges any more"


def test_nothing_is_gathered_for_what_happens_elsewhere(
    paper: Campaign, team: Team, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    says(paper, team.anna, {0: BAD_FIT})
    count_submitted(timezone.now())
    gather_all()
    other = paper_campaign(tmp_path / "other", roles_of(team), instances=6, name="Elsewhere")
    says(other, team.anna, {0: FALSE})
    count_submitted(timezone.now())
    gather_all()
    gathered: list[int] = []

    def note(due: Any) -> Gathered:
        gathered.append(due.campaign_id)
        return Gathered()

    monkeypatch.setattr(gathering, "_gather", note)
    discard(other, team.anna, 1)
    gather_all()
    assert gathered == [other.pk]


def test_nothing_is_gathered_for_who_is_handed_nothing(
    paper: Campaign, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Campaign] = []

    def note(campaign: Campaign) -> Gathered:
        asked.append(campaign)
        return Gathered()

    monkeypatch.setattr(granting, "gather", note)
    Campaign.objects.update(needs_training=True)
    paper.refresh_from_db()
    assert granting.lease_revision(paper, team.anna, timezone.now()).lease is None
    assert asked == []
    Campaign.objects.update(needs_training=False)
    assert granting.lease_revision(paper, team.anna, timezone.now()).lease is None
    assert asked == [paper]


@pytest.mark.parametrize(
    ("status", "comes"),
    [
        *(("open", True), ("paused", True), ("closed", True)),
        *(("draft", False), ("preparing", False), ("archived", False), ("failed", False)),
    ],
)
def test_it_comes_from_campaigns_that_are_under_way_or_closed(
    paper: Campaign, status: str, comes: bool
) -> None:
    settle_as(paper.items.get(position=0), Label.INCORRECT)
    Campaign.objects.update(status=status)
    paper.refresh_from_db()
    for found in (gather_all(), gather(paper)):
        assert found.come <= comes
    assert wanted(paper) == [0] * comes


def test_much_is_gathered_in_parts(paper: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "_A_PART", 2)
    for item in paper.items.all():
        settle_as(item, Label.UNSURE)
    assert gather_all() == Gathered(6, 0)
    assert wanted(paper) == [*range(6)]
    for item in paper.items.filter(position__lt=5):
        settle_as(item, Label.CORRECT)
    assert gather_all() == Gathered(0, 5)


def test_it_is_counted_how_many_wait_are_held_and_done(paper: Campaign, team: Team) -> None:
    for position in (0, 1):
        settle_as(paper.items.get(position=position), Label.INCORRECT)
    take_revision(paper, team.ben)
    counts = counts_of(paper, timezone.now())
    assert (counts.waiting, counts.held, counts.done) == (1, 1, 0)


def test_a_campaign_that_was_restored_from_a_file_is_mended_as_well(
    campaign: Campaign, team: Team, tmp_path: Path
) -> None:
    judge_first_page(campaign, team.anna)
    file = tmp_path / "out.json"
    file.write_text("".join(synanno_pieces(campaign)))
    restore(
        *(str(file), "--dataset", "phantom", "--name", "Again", "--annotator", "ben"),
        *("--polarity-switch", "swapped"),
    )
    again = Campaign.objects.get(name="Again")
    Campaign.objects.update(status="open")
    gather_all()
    assert wanted(again) == [], "nobody has counted it yet"
    count_submitted(timezone.now())
    gather_all()
    assert wanted(again) == wanted(campaign) == [1, 2, 3, 4, 5]
    first = Revision.objects.filter(campaign=again).earliest("rank")
    came = why_it_came(again, first, team.anna)
    assert (came.label, [one.key for one in came.categories], came.note) == (
        "unsure",
        ["cannotJudge"],
        "the section is torn",
    )


def test_people_see_on_their_own_page_that_some_wait_and_managers_how_many(
    paper: Campaign, team: Team
) -> None:
    anna = client_of(team.anna)
    assert "Revise" not in anna.get("/").content.decode()
    for position in (0, 1):
        settle_as(paper.items.get(position=position), Label.INCORRECT)
    gather_all()
    page = anna.get("/").content.decode()
    assert f'href="/campaigns/{paper.pk}/revise"' in page
    assert "Revise</a>" in page
    assert "Revise 2</a>" in client_of(team.manager).get("/").content.decode()
    Membership.objects.filter(user=team.anna).update(role=ROLE.VIEWER)
    assert "Revise" not in anna.get("/").content.decode()


def test_what_is_gold_cannot_be_counted(tmp_path: Path, team: Team) -> None:
    """Gold never comes: an item of which somebody says so, and after which as many wait as before,
    would be gold."""
    paper = paper_campaign(tmp_path, roles_of(team), instances=7, gold={6: Label.INCORRECT})
    anna, one = client_of(team.anna), f"/api/campaigns/{paper.pk}/revisions/lease"
    ordinary = list(paper.items.filter(sheet__isnull=False).order_by("position"))
    settle_as(ordinary[0], Label.INCORRECT)
    settle_as(ordinary[1], Label.INCORRECT)
    first = post(anna, one, {}).json()
    card = anna.get("/").content.decode()
    for item in (paper.items.get(sheet=None), ordinary[2]):
        settle_as(item, Label.INCORRECT)
        gather_all()
        assert post(anna, one, {}).json()["left"] == first["left"]
        cards = re.sub("csrf.*", "", anna.get("/").content.decode())
        assert cards == re.sub("csrf.*", "", card)
    newest = Revision.objects.latest("pk").pk
    unknown = post(anna, one, {"revision": newest})
    assert unknown.status_code == post(anna, one, {"revision": newest + 1}).status_code == 404
    counted = post(client_of(team.manager), one, {"revision": newest}).json()
    assert counted["revision"]["id"] == newest
    assert counted["left"] == {"waiting": 1, "held": 2, "done": 0, "some_wait": True}


def test_what_somebody_called_incorrect_comes_to_them_last(paper: Campaign, team: Team) -> None:
    says(paper, team.anna, {0: BAD_FIT, 1: (U, ()), 2: (C, ())})
    for position in range(4):
        settle_as(paper.items.get(position=position), Label.INCORRECT)
    gather_all()
    order = []
    for _ in range(4):
        lease = take_revision(paper, team.anna)
        assert lease.revision.item is not None
        order.append(lease.revision.item.position)
        finish(lease, Decision.FINE, "", timezone.now())
    assert order[:2] == [2, 3]
    assert {*order[2:]} == {0, 1}, "in whichever order"


def test_however_much_they_called_incorrect_a_part_of_it_is_looked_at(
    paper: Campaign, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Among the first of those that wait, then from several places by chance; their own they are
    handed from anywhere, never from the first one on: what is skipped there may be gold."""
    says(paper, team.anna, dict.fromkeys(range(4), BAD_FIT))
    for item in paper.items.all():
        settle_as(item, Label.INCORRECT)
    gather_all()
    monkeypatch.setattr(granting, "LOOKED_AT", 2)
    chance, order = list[int](), list[int]()

    def by_chance(first: int, last: int) -> int:
        return min(max(first, chance.pop(0)), last)

    monkeypatch.setattr(granting, "randint", by_chance)
    own_alone = [1] * granting.TRIES
    for falls in ([0, 1, 0, 3], [4], [*own_alone, 2], [*own_alone, 2], [1], [0]):
        chance[:] = falls
        lease = take_revision(paper, team.anna)
        assert lease.revision.item is not None
        order.append(lease.revision.item.position)
        finish(lease, Decision.FINE, "", timezone.now())
        assert chance == []
    assert order == [4, 5, 2, 3, 1, 0]


def test_what_is_held_beyond_that_place_leaves_what_lies_before_it(
    paper: Campaign, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    says(paper, team.anna, dict.fromkeys(range(4), BAD_FIT))
    for item in paper.items.filter(position__lt=4):
        settle_as(item, Label.INCORRECT)
    gather_all()
    last = Revision.objects.get(item__position=3)
    take_revision(paper, team.manager, last.pk)
    monkeypatch.setattr(granting, "randint", lambda _, rank: rank)
    lease = take_revision(paper, team.anna)
    assert lease.revision.item == paper.items.get(position=2), "the nearest before it"


def test_managers_see_who_mends_what(paper: Campaign, team: Team) -> None:
    for position in (0, 1, 2):
        settle_as(paper.items.get(position=position), Label.INCORRECT)
    gather_all()
    held, done = take_revision(paper, team.anna), take_revision(paper, team.ben)
    finish(done, Decision.MENDED, "wider", timezone.now())
    manager, address = client_of(team.manager), f"/campaigns/{paper.pk}/revisions/"
    page = manager.get(address).content.decode()
    counts = re.sub(r"<[^>]+>|\s+", " ", page[page.index("<b>1</b>") :])
    assert " ".join(counts.split()).startswith("1 waits or is left open · 1 is being mended · 1")
    assert f"/revisions/{held.revision_id}/withdraw" in page
    assert f"/revisions/{done.revision_id}/reopen" in page
    only = manager.get(address, {"state": "held", "person": "anna"}).content.decode()
    assert f"/revisions/{held.revision_id}/withdraw" in only
    assert "/reopen" not in only
    assert client_of(team.anna).get(address).status_code == 403
    manage = manager.get(f"/campaigns/{paper.pk}/manage/").content.decode()
    assert f'href="{address}"' in manage


def test_a_state_is_filtered_as_it_is_told(paper: Campaign, team: Team) -> None:
    for item in paper.items.all():
        settle_as(item, Label.INCORRECT)
    gather_all()
    now = timezone.now()
    finish(take_revision(paper, team.anna), Decision.FINE, "", now)
    lapsed = take_revision(paper, team.anna).revision_id
    Revision.objects.filter(pk=lapsed).update(held_until=now)
    take_revision(paper, team.ben, Revision.objects.get(item__position=4).pk)
    for position in (2, 5):
        settle_as(paper.items.get(position=position), Label.CORRECT)
    gather_all()
    told = {one.pk: RevisionState.of(one, now) for one in revisions_of(paper, {}, now)}
    found = {
        one.pk: state
        for state in RevisionState
        for one in revisions_of(paper, {"state": state.value}, now)
    }
    assert told == found
    assert Counter(told.values()) == {
        RevisionState.DONE: 1,
        RevisionState.LAPSED: 1,
        RevisionState.HELD: 1,
        RevisionState.UNWANTED: 2,
        RevisionState.WAITING: 1,
    }
    assert [one.pk for one in revisions_of(paper, {"person": "ben"}, now)] == [
        pk for pk, state in told.items() if state is RevisionState.HELD
    ]
