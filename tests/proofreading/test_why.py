"""Why this page, why none: told with every page, on the finished page, and when one is skipped."""

from __future__ import annotations

import pytest
from django.utils import timezone

from apps.campaigns.models import Campaign, Lease, Membership, Page
from tests.support.people import Team
from tests.support.work import client_of, labels_of, lease, post, verdict


def test_a_page_says_why_it_is_this_one(campaign: Campaign, team: Team) -> None:
    anna = client_of(team.anna)
    first = lease(anna, campaign)[0].header
    assert (first["why"], first["state"]) == ("next_in_order", "held")
    assert first["why_sentence"] == "It is the next page in the order of the campaign."
    assert lease(anna, campaign)[0].header["why"] == "held"


def test_another_page_comes_beside_the_held_one_up_to_the_cap(
    campaign: Campaign, team: Team
) -> None:
    Campaign.objects.update(open_pages_cap=2)
    anna = client_of(team.anna)
    url = f"/api/campaigns/{campaign.pk}/lease?another=true"
    first = lease(anna, campaign)[0].header
    assert anna.post(url).status_code == 200
    held = Page.objects.filter(lease__user=team.anna).values_list("number", flat=True)
    assert sorted(held) == [1, 2]
    refused = anna.post(url)
    assert b"too_many_open" in refused.content
    assert b"submit one first" in refused.content
    assert lease(anna, campaign)[0].header["page"] == first["page"]
    assert anna.post(f"{url}perhaps").status_code == 400


def test_a_page_is_skipped_with_a_reason(campaign: Campaign, team: Team) -> None:
    anna = client_of(team.anna)
    page = lease(anna, campaign)[0].header
    url = page["lease"]["skip_url"]
    post(anna, page["lease"]["verdicts_url"], {"verdicts": [verdict(page["tiles"][0]["item"])]})
    for reason in ("", "  ", "x" * 201):
        assert post(anna, url, {"reason": reason}).json()["error"]["field"] == "reason"
    assert post(client_of(team.ben), url, {"reason": "not mine"}).status_code == 404
    assert post(anna, url, {"reason": "a fold"}).json() == {"skipped": True}
    skipped = Lease.objects.get(token=page["lease"]["token"])
    assert (skipped.ending, skipped.reason) == ("skipped", "a fold")
    assert lease(anna, campaign)[0].header["page"]["number"] == 2
    assert lease(client_of(team.ben), campaign)[0].header["page"]["number"] == 1
    assert post(anna, url, {"reason": "again"}).json()["error"]["code"] == "stale_lease"


@pytest.mark.parametrize(
    ("status", "why"),
    [
        ("paused", "campaign_paused"),
        ("closed", "campaign_closed"),
        ("open", "person_paused"),
    ],
)
def test_the_finished_page_says_why_there_is_none(
    campaign: Campaign, team: Team, status: str, why: str
) -> None:
    Campaign.objects.update(status=status)
    Membership.objects.filter(user=team.anna).update(paused_at=timezone.now())
    shown = client_of(team.anna).get(f"/campaigns/{campaign.pk}/finished/").content.decode()
    assert f'data-why="{why}"' in shown
    frame = lease(client_of(team.anna), campaign)[0].header
    assert (frame["part"], frame["why"]) == ("none", why)
    assert frame["sentence"] in shown


def test_who_has_seen_everything_is_told_so(campaign: Campaign, team: Team) -> None:
    Page.objects.exclude(number=1).delete()
    anna = client_of(team.anna)
    page = lease(anna, campaign)[0].header
    post(anna, page["lease"]["skip_url"], {"reason": "a fold"})
    shown = anna.get(f"/campaigns/{campaign.pk}/finished/").content.decode()
    assert 'data-why="all_visited"' in shown
    ben = client_of(team.ben).get(f"/campaigns/{campaign.pk}/finished/").content.decode()
    assert "There is more to do" in ben


def test_programs_are_told_what_the_finished_page_shows(campaign: Campaign, team: Team) -> None:
    anna, at = client_of(team.anna), f"/api/campaigns/{campaign.pk}/mine/figures"
    assert anna.get(at).json()["state"] == "to_do"
    assert not Lease.objects.exists(), "nothing is handed out"
    page = lease(anna, campaign)[0].header
    item = page["tiles"][0]["item"]
    body = {"verdicts": [verdict(item)], "labels": labels_of(page, {item: "incorrect"})}
    assert post(anna, page["lease"]["submit_url"], body).status_code == 200
    Page.objects.filter(submitted_at=None).delete()
    shown = anna.get(f"/campaigns/{campaign.pk}/finished/").context
    told = anna.get(at).json()
    assert told == {name: shown[name] for name in told}
    assert (told["state"], told["why"]) == ("finished", "all_done")
    assert (told["my_pages"], told["my_labels"]["incorrect"]) == (1, 1)
