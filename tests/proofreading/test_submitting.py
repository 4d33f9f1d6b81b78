"""A page is submitted: nothing that was labelled is lost, and the answer says what happened."""

from __future__ import annotations

from typing import Any, NoReturn

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.campaigns.models import Campaign, Lease, Page
from apps.core.errors import ConflictError
from apps.proofreading.api import leases
from apps.proofreading.models import Verdict
from apps.voxels.frames import Frame, decode_frames
from tests.support.people import Team
from tests.support.work import client_of, labels_of, lease, post, verdict


@pytest.fixture
def page(campaign: Campaign, team: Team) -> Any:
    """The header of the page that anna holds."""
    return lease(client_of(team.anna), campaign)[0].header


def item_of(page: Any, index: int) -> int:
    return int(page["tiles"][index]["item"])


def is_submitted(page: Any) -> bool:
    return Page.objects.get(pk=page["page"]["id"]).submitted_at is not None


def stored(late: bool) -> list[tuple[int, str]]:
    rows = Verdict.objects.filter(late=late).order_by("pk")
    return list(rows.values_list("item_id", "label"))


def test_a_conflict_keeps_the_labels_that_came_with_the_page(page: Any, team: Team) -> None:
    anna = client_of(team.anna)
    in_other_tab, here = item_of(page, 0), item_of(page, 1)
    post(anna, page["lease"]["verdicts_url"], {"verdicts": [verdict(in_other_tab)]})
    body = {"verdicts": [verdict(here, "unsure")], "labels": labels_of(page, {here: "unsure"})}
    response = post(anna, page["lease"]["submit_url"], body)
    assert response.status_code == 409
    assert response.json()["error"]["code"] == "conflict"
    assert "One label on this page changed elsewhere" in response.json()["error"]["sentence"]
    assert "Yours are kept" in response.json()["error"]["sentence"]
    (differs,) = response.json()["error"]["present"]
    assert (differs["item"], differs["label"]) == (in_other_tab, "incorrect")
    assert stored(late=False) == [(in_other_tab, "incorrect"), (here, "unsure")]
    assert not is_submitted(page)

    agreed = {in_other_tab: "incorrect", here: "unsure"}
    body = {"verdicts": [], "labels": labels_of(page, agreed)}
    assert post(anna, page["lease"]["submit_url"], body).json() == {"submitted": True}
    assert is_submitted(page)


def test_a_late_submit_keeps_its_labels_as_late_and_says_so(
    page: Any, campaign: Campaign, team: Team
) -> None:
    Page.objects.filter(pk=page["page"]["id"]).update(held_until=timezone.now())
    lease(client_of(team.ben), campaign)
    item = item_of(page, 2)
    body = {"verdicts": [verdict(item)], "labels": labels_of(page, {item: "incorrect"})}
    for _ in range(2):  # sent again, it is answered the same and stored once
        response = post(client_of(team.anna), page["lease"]["submit_url"], body)
        assert response.status_code == 409
        assert response.json()["error"]["code"] == "stale_lease"
        assert "kept as late: it counts only where" in response.json()["error"]["sentence"]
    assert (stored(late=True), stored(late=False)) == ([(item, "incorrect")], [])
    assert not is_submitted(page)


def test_a_late_submit_without_labels_claims_to_have_kept_none(
    page: Any, campaign: Campaign, team: Team
) -> None:
    Page.objects.filter(pk=page["page"]["id"]).update(held_until=timezone.now())
    lease(client_of(team.ben), campaign)
    body = {"verdicts": [], "labels": labels_of(page)}
    response = post(client_of(team.anna), page["lease"]["submit_url"], body)
    assert response.status_code == 409
    assert "kept" not in response.json()["error"]["sentence"]


@pytest.mark.parametrize("sent_before", [False, True])
def test_a_label_changed_after_a_lost_answer_is_not_called_submitted(
    page: Any, team: Team, sent_before: bool
) -> None:
    anna = client_of(team.anna)
    first = {"verdicts": [], "labels": labels_of(page)}
    for _ in range(2):  # the answer was lost: the same again is as good
        assert post(anna, page["lease"]["submit_url"], first).json() == {"submitted": True}
    item = item_of(page, 3)
    changed = [verdict(item)]
    if sent_before:
        response = post(anna, page["lease"]["verdicts_url"], {"verdicts": changed})
        assert response.status_code == 409
        changed = []
    again = {"verdicts": changed, "labels": labels_of(page, {item: "incorrect"})}
    response = post(anna, page["lease"]["submit_url"], again)
    assert response.status_code == 409
    assert response.json()["error"]["code"] == "stale_lease"
    assert stored(late=True) == [(item, "incorrect")]
    assert set(dict(stored(late=False)).values()) == {"correct"}


def test_a_page_is_submitted_with_the_label_of_each_item(page: Any, team: Team) -> None:
    labels = labels_of(page)
    missing = sorted(int(item) for item in list(labels)[:2])
    for item in missing:
        del labels[str(item)]
    body = {"verdicts": [verdict(missing[0])], "labels": labels}
    response = post(client_of(team.anna), page["lease"]["submit_url"], body)
    assert response.status_code == 400
    error = response.json()["error"]
    assert error["field"] == "labels"
    assert f"none of item {missing[0]}, {missing[1]};" in error["sentence"]
    assert (Verdict.objects.count(), is_submitted(page)) == (0, False)


def test_a_page_is_not_submitted_without_labels(page: Any, team: Team) -> None:
    body: dict[str, Any] = {"verdicts": [], "labels": {}}
    response = post(client_of(team.anna), page["lease"]["submit_url"], body)
    assert response.status_code == 400
    assert response.json()["error"]["field"] == "labels"
    assert not is_submitted(page)


def test_the_label_of_a_strange_item_is_refused(page: Any, team: Team) -> None:
    body = {"verdicts": [], "labels": labels_of(page, {10**9: "correct"})}
    response = post(client_of(team.anna), page["lease"]["submit_url"], body)
    assert response.status_code == 400
    assert response.json()["error"]["sentence"] == "labels: 1000000000 is not on this page."


def submit_for_next(user: User, page: Any) -> list[Frame]:
    body = {"verdicts": [], "labels": labels_of(page), "next": True}
    response = post(client_of(user), page["lease"]["submit_url"], body)
    assert response.status_code == 200
    return list(decode_frames(response.getvalue()))


def test_the_answer_to_a_submit_brings_the_next_page(
    page: Any, campaign: Campaign, team: Team
) -> None:
    told, following, *tiles = submit_for_next(team.anna, page)
    assert told.header == {"part": "submitted", "submitted": True}
    assert following.header["page"]["number"] == page["page"]["number"] + 1
    assert following.header["page"]["pages_done"] == 1
    again, *others = lease(client_of(team.anna), campaign)  # it is held, and comes as leases do
    assert again.header["lease"]["token"] == following.header["lease"]["token"]
    assert [one.header for one in tiles] == [one.header for one in others]


def test_a_submit_whose_answer_was_lost_brings_the_same_page_again(page: Any, team: Team) -> None:
    first, second = (submit_for_next(team.anna, page) for _ in range(2))
    assert first[0].header == second[0].header
    assert first[1].header["lease"]["token"] == second[1].header["lease"]["token"]
    assert Lease.objects.filter(user=team.anna, ended_at=None).count() == 1
    assert Verdict.objects.count() == len(page["tiles"])


def test_a_submit_counts_also_where_no_next_page_can_be_handed_out(
    page: Any, campaign: Campaign, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> NoReturn:
        raise ConflictError("Not now.")

    monkeypatch.setattr(leases, "hand_page", refuse)
    (told,) = submit_for_next(team.anna, page)
    assert told.header["part"] == "submitted"
    assert is_submitted(page)
    assert Lease.objects.filter(user=team.anna, ended_at=None).count() == 0


def test_who_submits_to_a_paused_campaign_is_told_why_nothing_follows(
    page: Any, campaign: Campaign, team: Team
) -> None:
    Campaign.objects.update(status=Campaign.Status.PAUSED)
    told, none = submit_for_next(team.anna, page)
    assert told.header["submitted"] is True
    assert (none.header["part"], none.header["why"]) == ("none", "campaign_paused")
