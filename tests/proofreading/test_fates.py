"""Whatever is sent, the answer says of each label whether it is kept, kept as late, or refused."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone
from rest_framework.serializers import Serializer

from apps.campaigns.models import Campaign, Lease, Membership, Page
from apps.campaigns.services.assigning import lock_page_numbered, put_out_again
from apps.campaigns.services.leasing import lease_page
from apps.campaigns.services.life import change_status
from apps.campaigns.services.paging import make_pages
from apps.proofreading import answer_serializers as answers
from apps.proofreading.models import Verdict
from apps.proofreading.services.reopening import reopen_page
from apps.proofreading.services.settling import count_submitted
from apps.proofreading.services.verdicts import append_late
from tests.support.campaigns import make_campaign, make_table
from tests.support.locks import somebody_waits
from tests.support.people import Team, make_team
from tests.support.volumes import PhantomFiles
from tests.support.waiting import wait_for
from tests.support.work import client_of, labels_of, lease, post, verdict


@pytest.fixture
def page(campaign: Campaign, team: Team) -> Any:
    """The header of the page that anna holds."""
    return lease(client_of(team.anna), campaign)[0].header


def send(page: Any, team: Team, *verdicts: dict[str, Any], to: str = "verdicts") -> Any:
    body: dict[str, Any] = {"verdicts": list(verdicts)}
    if to == "submit":
        body["labels"] = labels_of(page, {one["item"]: one["label"] for one in verdicts})
    return post(client_of(team.anna), page["lease"][f"{to}_url"], body)


def fate(response: Any) -> Any:
    """The error of a 409, which is as the API describes it."""
    assert response.status_code == 409, response.content
    assert_described(answers.NotAllKeptSerializer, response.json())
    return response.json()["error"]


def assert_described(kind: type[Serializer[Any]], body: Any) -> None:
    described = kind(data=body)
    described.is_valid(raise_exception=True)
    assert set(body) <= set(described.fields)


def says(page: Any, index: int, **more: Any) -> dict[str, Any]:
    return verdict(page["tiles"][index]["item"], **more)


def given_to_ben(page: Any, campaign: Campaign, team: Team) -> None:
    Page.objects.filter(pk=page["page"]["id"]).update(held_until=timezone.now())
    lease(client_of(team.ben), campaign)


def reopened(page: Any, campaign: Campaign, team: Team) -> None:
    reopen_page(campaign, page["page"]["number"], None, team.manager, timezone.now())


def latest(page: Any, index: int) -> str:
    item = page["tiles"][index]["item"]
    return str(Verdict.objects.filter(item=item, user__username="anna").latest("pk").key)


@pytest.mark.parametrize("way", ["verdicts", "submit"])
def test_what_came_in_time_is_told_apart_from_what_is_late(
    page: Any, campaign: Campaign, team: Team, way: str
) -> None:
    in_time, late = says(page, 0), says(page, 1)
    assert_described(answers.KeptUntilSerializer, send(page, team, in_time).json())
    given_to_ben(page, campaign, team)
    for _ in range(2):  # sent again, it is answered the same
        error = fate(send(page, team, in_time, late, to=way))
        assert (error["code"], error["kept"]) == ("stale_lease", [in_time["key"]])
        assert (error["late"], error["refused"]) == ([late["key"]], [])
        assert "What came after that is kept as late" in error["sentence"]
    assert list(Verdict.objects.order_by("pk").values_list("late", flat=True)) == [False, True]


def test_what_was_stored_in_time_is_not_called_late(
    page: Any, campaign: Campaign, team: Team
) -> None:
    in_time = says(page, 0)
    send(page, team, in_time)
    given_to_ben(page, campaign, team)
    error = fate(send(page, team, in_time))
    assert (error["kept"], error["late"]) == ([in_time["key"]], [])
    assert "late" not in error["sentence"]


def test_a_change_of_a_reopened_page_is_kept_as_late(
    page: Any, campaign: Campaign, team: Team
) -> None:
    assert_described(answers.SubmittedSerializer, send(page, team, to="submit").json())
    before, after = says(page, 0), says(page, 1)
    assert_described(answers.KeptSerializer, send(page, team, before, to="revise").json())
    reopened(page, campaign, team)
    error = fate(send(page, team, before, after, to="revise"))
    assert (error["code"], error["kept"], error["late"]) == (
        "stale_lease",
        [before["key"]],
        [after["key"]],
    )
    assert "opened again" in error["sentence"]
    assert Verdict.objects.get(key=after["key"]).late


def test_a_page_that_is_held_is_not_revised(page: Any, team: Team) -> None:
    response = send(page, team, says(page, 0), to="revise")
    assert (response.status_code, response.json()["error"]["code"]) == (409, "conflict")
    assert "not submitted yet" in response.json()["error"]["sentence"]
    assert not Verdict.objects.exists()


def expert_decides(page: Any, campaign: Campaign, index: int, team: Team) -> None:
    decided = Page.objects.create(
        campaign=campaign, number=90, rank=-1, kind=Page.Kind.ADJUDICATION
    )
    decided.items.add(page["tiles"][index]["item"])
    Membership.objects.filter(user=team.ben).update(role=Membership.Role.EXPERT)
    ben = client_of(team.ben)
    theirs = lease(ben, campaign)[0].header
    body = {"verdicts": [], "labels": labels_of(theirs)}
    assert post(ben, theirs["lease"]["submit_url"], body).status_code == 200


def test_one_label_that_is_fixed_loses_none_of_the_others(
    page: Any, campaign: Campaign, team: Team
) -> None:
    send(page, team, to="submit")
    expert_decides(page, campaign, 0, team)
    fixed, fine = says(page, 0), says(page, 1)
    stale = says(page, 2, after=str(fixed["key"]))
    for _ in range(2):
        error = fate(send(page, team, fixed, fine, stale, to="revise"))
        assert (error["code"], error["kept"], error["late"]) == ("fixed_label", [fine["key"]], [])
        assert [(one["key"], one["item"], one["code"]) for one in error["refused"]] == [
            (fixed["key"], fixed["item"], "fixed_label"),
            (stale["key"], stale["item"], "stale_label"),
        ]
        assert error["refused"][0]["sentence"] == "An expert has decided this instance."
        assert error["present"] == [
            {
                "item": fixed["item"],
                "label": "correct",
                "categories": [],
                "note": "",
                "verdict": latest(page, 0),
            },
            {
                "item": stale["item"],
                "label": "correct",
                "categories": [],
                "note": "",
                "verdict": latest(page, 2),
            },
        ]
    assert set(Verdict.objects.filter(label="incorrect").values_list("key", flat=True)) == {
        Verdict.objects.get(key=fine["key"]).key
    }


def test_all_labels_of_a_closed_campaign_are_refused(
    page: Any, campaign: Campaign, team: Team
) -> None:
    send(page, team, to="submit")
    before = says(page, 0)
    send(page, team, before, to="revise")
    count_submitted(timezone.now())
    change_status(campaign, Campaign.Status.CLOSED, team.manager, timezone.now())
    error = fate(send(page, team, before, says(page, 1), to="revise"))
    assert (error["code"], error["kept"], error["late"]) == ("fixed_label", [before["key"]], [])
    assert error["sentence"] == "The campaign is closed; labels stay as they are."
    assert Page.objects.get(pk=page["page"]["id"]).counted_at is not None, "nothing changed"


@pytest.mark.parametrize("way", ["verdicts", "submit"])
def test_a_label_that_comes_after_the_campaign_was_closed_is_kept_as_late(
    page: Any, campaign: Campaign, team: Team, way: str
) -> None:
    in_time, late = says(page, 0), says(page, 1)
    send(page, team, in_time)
    change_status(campaign, Campaign.Status.CLOSED, team.manager, timezone.now())
    for _ in range(2):
        error = fate(send(page, team, in_time, late, to=way))
        assert (error["code"], error["kept"]) == ("stale_lease", [in_time["key"]])
        assert (error["late"], error["refused"]) == ([late["key"]], [])
        assert error["sentence"].startswith("The campaign was closed, and its pages were taken")
    for other in ("renew", "skip"):
        refused = post(client_of(team.anna), page["lease"][f"{other}_url"], {"reason": "blurred"})
        assert refused.json()["error"]["code"] == "stale_lease"


def test_labels_that_do_not_agree_with_the_page_are_kept_and_named(page: Any, team: Team) -> None:
    send(page, team, says(page, 0))
    here = says(page, 1)
    error = fate(send(page, team, here, to="submit"))
    assert (error["code"], error["kept"], error["refused"]) == ("conflict", [here["key"]], [])


def test_a_late_label_of_an_archived_campaign_is_kept_and_changes_nothing(
    page: Any, campaign: Campaign, team: Team
) -> None:
    send(page, team, to="submit")
    count_submitted(timezone.now())
    for status in (Campaign.Status.CLOSED, Campaign.Status.ARCHIVED):
        change_status(campaign, status, team.manager, timezone.now())
    late = says(page, 0)
    error = fate(send(page, team, late))
    assert error["late"] == [late["key"]]
    assert "it does not count, for the campaign is archived" in error["sentence"]
    assert Page.objects.get(pk=page["page"]["id"]).counted_at is not None


def test_an_expert_is_told_that_a_late_label_does_not_count(
    page: Any, campaign: Campaign, team: Team
) -> None:
    Page.objects.filter(pk=page["page"]["id"]).update(
        kind=Page.Kind.ADJUDICATION, lease=None, held_until=None
    )
    error = fate(send(page, team, says(page, 0)))
    assert "kept as late: it does not count" in error["sentence"]


@pytest.mark.parametrize(
    ("made_at", "stored_as"),
    [
        (datetime(1, 1, 1, tzinfo=UTC), "leased"),
        (datetime(1970, 1, 1, tzinfo=UTC), "leased"),
        (datetime(2999, 1, 1, tzinfo=UTC), "recorded"),
    ],
)
def test_a_clock_that_goes_wrong_is_put_right(
    page: Any, team: Team, made_at: datetime, stored_as: str
) -> None:
    Lease.objects.update(leased_at=timezone.now() - timedelta(hours=1))
    said = says(page, 0) | {"made_at": made_at.isoformat()}
    assert send(page, team, said).status_code == 200
    stored = Verdict.objects.select_related("lease").get(key=said["key"])
    bounds = {"leased": stored.lease.leased_at, "recorded": stored.recorded_at}
    assert stored.made_at == bounds[stored_as]


def test_a_clock_that_goes_right_is_believed(page: Any, team: Team) -> None:
    Lease.objects.update(leased_at=timezone.now() - timedelta(hours=1))
    made_at = timezone.now() - timedelta(minutes=20)  # before the train went through a tunnel
    said = says(page, 0) | {"made_at": made_at.isoformat()}
    send(page, team, said)
    assert Verdict.objects.get(key=said["key"]).made_at == made_at


@pytest.mark.django_db(transaction=True)
def test_a_late_label_and_a_reopening_do_not_wait_for_each_other(
    phantom_files: PhantomFiles,
) -> None:
    team = make_team()
    campaign = make_campaign(make_table(phantom_files), team, prepared=False)
    make_pages(campaign.pk)
    Campaign.objects.update(status=Campaign.Status.OPEN)
    held = lease_page(campaign, team.anna, timezone.now()).lease
    assert held is not None

    def send_late() -> None:
        try:
            append_late(held, [])
        finally:
            connection.close()

    with ThreadPoolExecutor() as pool:
        with transaction.atomic():
            page = lock_page_numbered(campaign, held.page.number)
            sent = pool.submit(send_late)
            wait_for(lambda: sent.done() or somebody_waits(), "that the label waits for the page")
            put_out_again(page, None, timezone.now())
        sent.result(timeout=30)
    assert Lease.objects.get(pk=held.pk).ending == "withdrawn"
