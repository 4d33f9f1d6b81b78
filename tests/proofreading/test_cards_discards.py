"""False positives are discarded by whoever called them so, and put back, and what that means."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.models import User
from apps.campaigns.models import Campaign, Item, Lease, Membership, Page
from apps.campaigns.services.leasing import lease_page
from apps.core.errors import ConflictError, InvalidInputError, NotFoundError
from apps.proofreading.domain import Label
from apps.proofreading.models import Discard
from apps.proofreading.selectors import discarded_count, items_of_lease, settled_items, to_revise
from apps.proofreading.selectors.cards import card_counts
from apps.proofreading.selectors.discards import last_batch
from apps.proofreading.services.discarding import (
    OtherNumberError,
    discard_false_positives,
    take_back,
)
from apps.proofreading.services.reopening import reopen_page
from apps.proofreading.services.revising import revise_verdicts
from apps.proofreading.services.settling import count_submitted
from apps.proofreading.services.verdicts import NewVerdict, submit_page
from tests.support.paper import paper_campaign
from tests.support.people import Team

pytestmark = pytest.mark.django_db

C, I, U = Label.CORRECT, Label.INCORRECT, Label.UNSURE  # noqa: E741 - short in tables of labels
ROLE = Membership.Role
Said = tuple[Label, tuple[str, ...]]
FALSE, BAD_FIT = (I, ("falsePositive",)), (I, ("badFit",))
BOTH: Said = (I, ("badFit", "falsePositive"))


def on_paper(tmp_path: Path, team: Team, **changes: Any) -> Campaign:
    roles = {team.manager: ROLE.MANAGER, team.anna: ROLE.ANNOTATOR, team.ben: ROLE.ANNOTATOR}
    return paper_campaign(tmp_path, roles, instances=6, **changes)


def said(item: Item, label: Label, categories: tuple[str, ...] = ()) -> NewVerdict:
    return NewVerdict(uuid.uuid4(), item.pk, label, timezone.now(), categories)


def says(campaign: Campaign, user: User, answers: Mapping[int, Said]) -> Lease:
    """Somebody submits a page: by its places what they say of it, the others are correct."""
    lease = lease_page(campaign, user, timezone.now()).lease
    assert lease is not None
    items = items_of_lease(lease)
    verdicts = [said(item, *answers.get(place, (C, ()))) for place, item in enumerate(items)]
    seen = {one.item_id: one.label for one in verdicts}
    submit_page(lease, verdicts, seen, timezone.now())
    return Lease.objects.select_related("page__campaign").get(pk=lease.pk)


def discard(campaign: Campaign, user: User, count: int) -> uuid.UUID:
    batch = uuid.uuid4()
    assert discard_false_positives(campaign, user, batch, count, timezone.now()) == count
    return batch


def discarded(campaign: Campaign) -> list[int]:
    """The places of the items that are discarded for those who use the results; as many as the
    database counts."""
    found = [one.item.position for one in settled_items(campaign) if one.is_discarded]
    assert discarded_count(campaign) == len(found)
    return found


def left(campaign: Campaign) -> list[int]:
    return [one.item.position for one in to_revise(campaign)]


def test_they_leave_the_cards_and_what_is_revised_and_come_back(tmp_path: Path, team: Team) -> None:
    paper = on_paper(tmp_path, team)
    says(paper, team.anna, {0: FALSE, 1: BAD_FIT, 2: BOTH, 3: (U, ("falsePositive",))})
    count_submitted(timezone.now())
    counts = card_counts(paper, team.anna)
    assert (counts.all, counts.false_positives, counts.discarded) == (4, 2, 0)
    first = discard(paper, team.anna, 2)
    counts = card_counts(paper, team.anna)
    assert (counts.all, counts.false_positives, counts.discarded) == (2, 0, 2)
    assert (discarded(paper), left(paper)) == ([0, 2], [1, 3])
    now = timezone.now()
    for _ in range(2):  # sent again after its answer was lost
        assert discard_false_positives(paper, team.anna, first, 2, now) == 2
    assert [take_back(paper, team.anna, first, now) for _ in range(2)] == [2, 0]
    assert (discarded(paper), left(paper)) == ([], [0, 1, 2, 3])
    assert card_counts(paper, team.anna).false_positives == 2
    assert discard_false_positives(paper, team.anna, first, 2, now) == 2, "it was done, once"
    assert discarded(paper) == []
    assert Discard.objects.filter(made_by=team.anna).count() == 4


def test_the_last_is_taken_back_first(tmp_path: Path, team: Team) -> None:
    paper = on_paper(tmp_path, team)
    lease = says(paper, team.anna, {0: FALSE})
    first = discard(paper, team.anna, 1)
    revise_verdicts(lease, [said(items_of_lease(lease)[4], *FALSE)])
    second = discard(paper, team.anna, 1)
    for batch, before in ((second, [0, 4]), (first, [0])):
        assert discarded(paper) == before
        latest = last_batch(paper, team.anna)
        assert latest is not None
        assert (latest.key, latest.count) == (batch, 1)
        take_back(paper, team.anna, batch, timezone.now())
    assert last_batch(paper, team.anna) is None


def test_what_is_said_anew_is_discarded_no_longer(tmp_path: Path, team: Team) -> None:
    paper = on_paper(tmp_path, team)
    lease = says(paper, team.anna, {0: FALSE, 1: FALSE})
    batch = discard(paper, team.anna, 2)
    revise_verdicts(lease, [said(items_of_lease(lease)[0], *BOTH)])
    counts = card_counts(paper, team.anna)
    assert (counts.all, counts.discarded, discarded(paper)) == (1, 1, [1])
    latest = last_batch(paper, team.anna)
    assert latest is not None
    assert latest.count == 1, "the other is a card again"
    reopen_page(paper, 1, None, team.manager, timezone.now())
    assert (discarded(paper), last_batch(paper, team.anna)) == ([], None)
    assert take_back(paper, team.anna, batch, timezone.now()) == 0, "there is nothing to put back"


@pytest.mark.parametrize(
    ("answers", "who", "expected"),
    [
        ((FALSE, FALSE, FALSE), "anna", [0]),  # one of those who say so is enough
        ((FALSE, FALSE, BAD_FIT), "ben", [0]),
        ((FALSE, BAD_FIT, BAD_FIT), "anna", []),  # it comes to be a bad fit
        ((FALSE, (C, ()), (C, ())), "anna", []),  # it comes to be correct
        ((FALSE, (I, ()), (C, ())), "anna", [0]),  # who names no kind says nothing against one
    ],
)
def test_of_several_people_the_votes_say_what_it_is_and_one_discards_it(
    tmp_path: Path, team: Team, answers: tuple[Said, ...], who: str, expected: list[int]
) -> None:
    paper = on_paper(tmp_path, team, passes=3)
    Membership.objects.create(campaign=paper, user=team.outsider, role=ROLE.ANNOTATOR)
    people = {"anna": team.anna, "ben": team.ben, "carl": team.outsider}
    for person, answer in zip(people.values(), answers, strict=True):
        says(paper, person, {0: answer})
    count_submitted(timezone.now())
    discard(paper, people[who], 1)
    assert discarded(paper) == expected


@pytest.mark.parametrize(
    ("decision", "by_expert", "expected"),
    [(FALSE, True, [0]), (FALSE, False, []), (BAD_FIT, False, []), ((C, ()), False, [])],
)
def test_where_an_expert_decided_the_expert_alone_discards_it(
    tmp_path: Path, team: Team, decision: Said, by_expert: bool, expected: list[int]
) -> None:
    paper = on_paper(tmp_path, team)
    lease = says(paper, team.anna, {0: FALSE, 1: FALSE})
    discard(paper, team.anna, 2)
    page = Page.objects.create(campaign=paper, number=90, rank=90, kind=Page.Kind.ADJUDICATION)
    page.items.add(items_of_lease(lease)[0])
    Membership.objects.create(campaign=paper, user=team.outsider, role=ROLE.EXPERT)
    says(paper, team.outsider, {0: decision})
    count_submitted(timezone.now())
    if by_expert:
        discard(paper, team.outsider, 1)
    assert discarded(paper) == [*expected, 1]


def test_counting_those_costs_as_much_however_many_there_are(tmp_path: Path, team: Team) -> None:
    paper = on_paper(tmp_path, team)
    lease, costs = says(paper, team.anna, {0: FALSE}), []
    for place in range(1, 6):
        discard(paper, team.anna, 1)
        with CaptureQueriesContext(connection) as captured:
            assert discarded_count(paper) == place
        costs.append(len(captured))
        revise_verdicts(lease, [said(items_of_lease(lease)[place], *FALSE)])
    assert set(costs) == {4}


def test_what_one_was_shown_is_discarded_or_nothing(tmp_path: Path, team: Team) -> None:
    paper = on_paper(tmp_path, team, passes=2)
    says(paper, team.anna, {0: FALSE, 1: FALSE})
    says(paper, team.ben, {0: FALSE})
    now = timezone.now()
    with pytest.raises(OtherNumberError, match="are 2 false positives") as other:
        discard_false_positives(paper, team.anna, uuid.uuid4(), 3, now)
    assert other.value.details == {"count": 2}
    batch = discard(paper, team.ben, 1)
    with pytest.raises(InvalidInputError, match="used for something else"):
        discard_false_positives(paper, team.anna, batch, 2, now)
    with pytest.raises(ConflictError, match="one false positive was discarded") as used:
        discard_false_positives(paper, team.ben, batch, 2, now)
    assert (used.value.code, used.value.field) == ("used_key", "key")
    with pytest.raises(NotFoundError, match="discarded nothing"):
        take_back(paper, team.anna, batch, now)
    Campaign.objects.update(status="closed")
    paper.refresh_from_db()
    with pytest.raises(ConflictError, match="The campaign is closed"):
        discard_false_positives(paper, team.anna, uuid.uuid4(), 2, now)
    with pytest.raises(ConflictError, match="The campaign is closed"):
        take_back(paper, team.ben, batch, now)
    assert Discard.objects.count() == 1


def test_the_database_keeps_what_was_done(tmp_path: Path, team: Team) -> None:
    paper = on_paper(tmp_path, team)
    says(paper, team.anna, {0: FALSE})
    discard(paper, team.anna, 1)
    row = Discard.objects.get()
    assert (row.made_by, row.taken_back) == (team.anna, False)
    for change in (Discard.objects.update, lambda **_: Discard.objects.all().delete()):
        with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
            change(taken_back=True)
