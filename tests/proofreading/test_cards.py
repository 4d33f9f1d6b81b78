"""What a person called incorrect or unsure, as the cards of "What is wrong?" are told of it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import User
from apps.campaigns.models import Campaign, Lease, Membership, Page
from apps.campaigns.services.leasing import lease_page
from apps.proofreading.domain import Label
from apps.proofreading.models import GoldPolicy
from apps.proofreading.selectors import cards, items_of_lease
from apps.proofreading.services.discarding import discard_false_positives
from apps.proofreading.services.handing import hand_page, skip
from apps.proofreading.services.reopening import reopen_page
from apps.proofreading.services.verdicts import NewVerdict, record_verdicts, submit_page
from tests.support.paper import paper_campaign, work
from tests.support.people import Team
from tests.support.work import client_of, post

pytestmark = pytest.mark.django_db

C, I, U = Label.CORRECT, Label.INCORRECT, Label.UNSURE  # noqa: E741 - short in tables of labels
ROLE = Membership.Role
Said = tuple[Label, tuple[str, ...], str]
FALSE: Said = (I, ("falsePositive",), "")
PLAIN: Said = (I, (), "")
NOTED: Said = (U, (), "a torn section")


def on_paper(tmp_path: Path, team: Team, **changes: Any) -> Campaign:
    roles = {team.manager: ROLE.MANAGER, team.anna: ROLE.ANNOTATOR, team.ben: ROLE.ANNOTATOR}
    return paper_campaign(tmp_path, roles, **changes)


def label(lease: Lease, answers: Mapping[int, Said], *, submits: bool = True) -> Lease:
    """Say something of some places of a page, and submit it with all others correct."""
    items, now = items_of_lease(lease), timezone.now()
    verdicts = [
        NewVerdict(uuid.uuid4(), items[place].pk, said, now, kinds, note)
        for place, (said, kinds, note) in answers.items()
    ]
    record_verdicts(lease, verdicts, now)
    if submits:
        seen = {item.pk: answers.get(place, (C,))[0] for place, item in enumerate(items)}
        submit_page(lease, [], seen, now)
    return Lease.objects.select_related("page__campaign").get(pk=lease.pk)


def says(campaign: Campaign, user: User, answers: Mapping[int, Said], **more: bool) -> Lease:
    lease = lease_page(campaign, user, timezone.now()).lease
    assert lease is not None
    return label(lease, answers, **more)


def told(campaign: Campaign, user: User, **query: Any) -> Any:
    url = reverse("api-my-errors", args=[campaign.pk])
    answer = client_of(user).get(url, query)
    assert answer.status_code == 200, answer.content
    return answer.json()


def shown(answer: Any) -> list[tuple[int, str, int, str]]:
    """Of each card its page, whether that is held, its place and its label."""
    return [
        (page["number"], page["state"], card["position"], card["label"])
        for page in answer["pages"]
        for card in page["cards"]
    ]


def test_cards_are_of_all_pages_that_one_holds_or_has_submitted(tmp_path: Path, team: Team) -> None:
    paper = on_paper(tmp_path, team, passes=2)
    first = says(paper, team.anna, {4: FALSE, 1: PLAIN, 3: (C, (), "")})
    says(paper, team.anna, {})
    says(paper, team.anna, {0: NOTED}, submits=False)
    says(paper, team.ben, {2: FALSE, 5: FALSE})
    answer = told(paper, team.anna)
    assert shown(answer) == [
        (1, "submitted", 1, "incorrect"),
        (1, "submitted", 4, "incorrect"),
        (3, "held", 0, "unsure"),
    ]
    assert answer["counts"] == {"all": 3, "unexplained": 1, "false_positives": 1, "discarded": 0}
    assert answer["next"] is None
    page = answer["pages"][0]
    assert page["lease"]["revise_url"] == reverse("lease-revise", args=[first.token])
    card = page["cards"][1]
    assert (card["categories"], card["locked"], card["source_id"]) == (["falsePositive"], None, "4")
    latest = first.verdicts.filter(item=card["item"]).latest("pk")
    assert card["verdict"] == str(latest.key)
    assert {"key": "badFit", "title": "Mask does not fit", "is_offered": True} in answer[
        "categories"
    ]
    unexplained = told(paper, team.anna, only="unexplained")
    assert shown(unexplained) == [(1, "submitted", 1, "incorrect")]
    of_one = told(paper, team.anna, page=first.token)
    assert shown(of_one) == shown(answer)[:2]
    assert of_one["counts"]["all"] == 2


def test_what_was_called_correct_since_is_no_card(tmp_path: Path, team: Team) -> None:
    paper = on_paper(tmp_path, team)
    lease = says(paper, team.anna, {0: FALSE, 1: NOTED})
    change = {"key": str(uuid.uuid4()), "item": items_of_lease(lease)[0].pk, "label": "correct"}
    body = {"verdicts": [change | {"made_at": timezone.now().isoformat()}]}
    assert post(client_of(team.anna), f"/api/leases/{lease.token}/revise", body).status_code == 200
    assert shown(told(paper, team.anna)) == [(1, "submitted", 1, "unsure")]


def test_what_counts_no_more_is_no_card(tmp_path: Path, team: Team) -> None:
    paper = on_paper(tmp_path, team)
    says(paper, team.anna, {0: FALSE})
    skipped = says(paper, team.anna, {0: FALSE}, submits=False)
    skip(skipped, "too dark", timezone.now())
    lost = says(paper, team.anna, {0: FALSE}, submits=False)
    Page.objects.filter(pk=lost.page_id).update(held_until=timezone.now())
    taken = lease_page(paper, team.ben, timezone.now()).lease
    while taken is not None and taken.page_id != lost.page_id:
        label(taken, {})
        taken = lease_page(paper, team.ben, timezone.now()).lease
    assert taken is not None
    assert shown(told(paper, team.anna)) == [(1, "submitted", 0, "incorrect")]
    reopen_page(paper, 1, None, team.manager, timezone.now())
    assert shown(told(paper, team.anna)) == []


def test_they_come_in_parts_with_as_many_statements_however_many_there_are(
    tmp_path: Path, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    paper = on_paper(tmp_path, team, instances=36)
    client, url = client_of(team.anna), reverse("api-my-errors", args=[paper.pk])
    costs = []
    for _ in range(3):
        says(paper, team.anna, {0: FALSE, 2: PLAIN, 3: NOTED})
        says(paper, team.anna, {1: PLAIN})
        with CaptureQueriesContext(connection) as captured:
            assert client.get(url).status_code == 200
        costs.append(len(captured))
    assert costs[0] == costs[1] == costs[2] <= 14
    whole = shown(told(paper, team.anna))
    assert len(whole) == 12
    assert discard_false_positives(paper, team.anna, uuid.uuid4(), 3, timezone.now()) == 3
    whole = [card for card in whole if card[2] != 0]
    monkeypatch.setattr(cards, "PAGES_A_PART", 2)
    parts, after, told_once = [], 0, []
    while after is not None:
        answer = told(paper, team.anna, after=after)
        assert len(answer["pages"]) == 2, "no part is empty, the last one neither"
        parts += shown(answer)
        told_once.append((answer["counts"] is not None, answer["last_discard"] is not None))
        after = answer["next"]
    assert parts == whole
    assert told_once == [(True, True), (False, False), (False, False)]
    assert [row[2] for row in shown(told(paper, team.anna, only="unexplained"))] == [2, 1]


def closed(lease: Lease) -> None:
    Campaign.objects.update(status="closed")


def adjudicated(lease: Lease) -> None:
    page = Page.objects.create(
        campaign=lease.page.campaign, number=90, rank=90, kind=Page.Kind.ADJUDICATION
    )
    page.items.add(items_of_lease(lease)[0])
    expert = User.objects.create(username="expert")
    Membership.objects.create(campaign=page.campaign, user=expert, role=ROLE.EXPERT)
    Page.objects.exclude(pk=page.pk).filter(submitted_at=None).delete()
    assert work(page.campaign, expert) == 1


@pytest.mark.parametrize(
    ("event", "sentence", "others"),
    [(closed, "The campaign is closed", True), (adjudicated, "An expert has decided", False)],
)
def test_why_a_label_stays_is_told(
    tmp_path: Path, team: Team, event: Callable[[Lease], None], sentence: str, others: bool
) -> None:
    paper = on_paper(tmp_path, team)
    lease = says(paper, team.anna, {0: FALSE, 1: PLAIN})
    event(lease)
    answer = told(paper, team.anna)
    first, second = (card["locked"] for card in answer["pages"][0]["cards"])
    assert first.startswith(sentence)
    assert (second is not None) == others
    assert (answer["fixed"] is not None) == others, "nor can anything be discarded"


def with_gold(tmp_path: Path, team: Team, **policy: Any) -> tuple[Campaign, Lease, set[int]]:
    """Anna has called everything on a page with gold a false positive; and the gold of it."""
    paper = on_paper(tmp_path, team, instances=18, gold=dict.fromkeys(range(6), C))
    GoldPolicy.objects.create(campaign=paper, **{"rate": 0.25, "floor": 0.25} | policy)
    lease = hand_page(paper, team.anna, timezone.now(), Random(1)).lease
    assert lease is not None
    items = items_of_lease(lease)
    label(lease, dict.fromkeys(range(len(items)), FALSE))
    return paper, lease, {item.pk for item in items if item.sheet is None}


def test_gold_is_a_card_like_any_other(tmp_path: Path, team: Team) -> None:
    paper, lease, gold = with_gold(tmp_path, team)
    answer = told(paper, team.anna)
    found = answer["pages"][0]["cards"]
    assert [card["item"] for card in found] == [item.pk for item in items_of_lease(lease)]
    assert len(gold) == 2 < len(found)
    ours = {"item", "position", "cutout", "verdict"}
    alike = [{name: card[name] for name in card.keys() - ours} for card in found]
    assert all(card == alike[0] for card in alike)
    assert alike[0]["source_id"] is None
    assert answer["counts"]["false_positives"] == len(found)
    url = reverse("api-discard", args=[paper.pk])
    body = {"key": str(uuid.uuid4()), "count": len(found)}
    assert post(client_of(team.anna), url, body).json()["counts"]["discarded"] == len(found)


def test_what_was_told_of_gold_stays(tmp_path: Path, team: Team) -> None:
    paper, _, gold = with_gold(tmp_path, team, gives_feedback=True)
    found = told(paper, team.anna)["pages"][0]["cards"]
    locked = {card["item"] for card in found if card["locked"] is not None}
    assert locked == gold
    sentence = next(card["locked"] for card in found if card["item"] in gold)
    assert sentence.startswith("You were told what is known of this instance: it is correct.")


def test_false_positives_are_discarded_and_put_back_by_the_api(tmp_path: Path, team: Team) -> None:
    paper = on_paper(tmp_path, team)
    says(paper, team.anna, {0: FALSE, 1: PLAIN, 2: FALSE})
    anna, key = client_of(team.anna), str(uuid.uuid4())
    url, undo = (reverse(name, args=[paper.pk]) for name in ("api-discard", "api-discard-undo"))
    other = post(anna, url, {"key": key, "count": 3})
    assert (other.status_code, other.json()["error"]["code"]) == (409, "other_number")
    assert other.json()["error"]["count"] == 2
    done = post(anna, url, {"key": key, "count": 2}).json()
    assert (done["count"], done["counts"]["all"], done["last_discard"]["key"]) == (2, 1, key)
    answer = told(paper, team.anna)
    assert shown(answer) == [(1, "submitted", 1, "incorrect")]
    assert answer["last_discard"]["count"] == 2
    assert post(anna, undo, {"key": str(uuid.uuid4())}).status_code == 404
    back = post(anna, undo, {"key": key}).json()
    assert (back["count"], back["last_discard"]) == (2, None)
    assert len(shown(told(paper, team.anna))) == 3


@pytest.mark.parametrize(
    ("query", "status", "named"),
    [
        ({"after": "-1"}, 400, "after"),
        ({"after": "x"}, 400, "after"),
        ({"only": "wrong"}, 400, "only"),
        ({"page": "7"}, 400, "page"),
        ({"page": str(uuid.uuid4())}, 404, None),
    ],
)
def test_bad_input_is_named(
    tmp_path: Path, team: Team, query: dict[str, str], status: int, named: str | None
) -> None:
    paper = on_paper(tmp_path, team)
    answer = client_of(team.anna).get(reverse("api-my-errors", args=[paper.pk]), query)
    assert answer.status_code == status
    assert answer.json()["error"]["field"] == named


def test_a_page_is_its_persons_and_of_its_campaign(tmp_path: Path, team: Team) -> None:
    paper = on_paper(tmp_path, team)
    other = on_paper(tmp_path, team, name="another")
    lease = says(paper, team.anna, {0: FALSE})
    for user, campaign in ((team.ben, paper), (team.anna, other)):
        url = reverse("api-my-errors", args=[campaign.pk])
        assert client_of(user).get(url, {"page": str(lease.token)}).status_code == 404
    html = client_of(team.anna).get(reverse("campaign-errors", args=[paper.pk]))
    assert (html.status_code, html.context["page"]) == (200, "")
