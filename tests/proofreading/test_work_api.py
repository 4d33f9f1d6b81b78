"""An annotator leases a page, sees it, judges it and submits it, through the API."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.campaigns.models import Campaign, Lease, Membership, Page
from apps.proofreading.models import Verdict
from apps.voxels.frames import decode_frames
from tests.support.people import Team
from tests.support.work import client_of, labels_of, lease, post, verdict


def test_a_page_comes_with_all_its_middle_slices(campaign: Campaign, team: Team) -> None:
    page, *tiles = lease(client_of(team.anna), campaign)
    assert page.header["part"] == "page"
    assert page.header["page"]["number"] == 1
    assert len(page.header["tiles"]) == 6
    assert [tile.header["part"] for tile in tiles] == ["middle"] * 6
    assert [tile.header["key"] for tile in tiles] == [
        tile["cutout"] for tile in page.header["tiles"]
    ]
    assert all(tile.payload.startswith(b"\xff\xd8") for tile in tiles)
    assert {category["key"] for category in page.header["categories"]} == {
        "falsePositive",
        "badFit",
        "polaritySwitch",
        "cannotJudge",
    }


def test_the_other_slices_follow(campaign: Campaign, team: Team) -> None:
    client = client_of(team.anna)
    page = lease(client, campaign)[0]
    response = client.get(page.header["lease"]["stacks_url"])
    stacks = list(decode_frames(b"".join(response)))
    assert [stack.header["part"] for stack in stacks] == ["rest"] * 6
    assert all(stack.header["slices"] == [0, 1, 2, 4, 5] for stack in stacks)


def test_what_is_wrong_is_shown_again_with_its_label(campaign: Campaign, team: Team) -> None:
    client = client_of(team.anna)
    page = lease(client, campaign)[0].header
    kinds = campaign.error_categories
    item = page["tiles"][0]["item"]
    why: dict[str, Any] = {"categories": ["polaritySwitch", "badFit"], "note": "at the fold"}
    said = [verdict(item, **why), verdict(page["tiles"][1]["item"], "unsure")]
    assert post(client, page["lease"]["verdicts_url"], {"verdicts": said}).status_code == 200
    kinds.filter(key="badFit").update(retired_at=timezone.now())
    again = lease(client, campaign)[0].header
    shown = [(tile["label"], {*tile["categories"]}, tile["note"]) for tile in again["tiles"][:3]]
    assert shown == [
        ("incorrect", {"badFit", "polaritySwitch"}, "at the fold"),
        ("unsure", set(), ""),
        ("correct", set(), ""),
    ]
    offered = {kind["key"]: kind["is_offered"] for kind in again["categories"]}
    offered_on = {"falsePositive": True, "polaritySwitch": True, "cannotJudge": True}
    assert offered == offered_on | {"badFit": False}


def test_what_is_correct_has_no_kind_of_error(campaign: Campaign, team: Team) -> None:
    client = client_of(team.anna)
    page = lease(client, campaign)[0].header
    item = page["tiles"][0]["item"]
    said = {"verdicts": [verdict(item, "correct", categories=["badFit"])]}
    refused = post(client, page["lease"]["verdicts_url"], said)
    assert refused.status_code == 400
    assert refused.json()["error"]["field"] == "verdicts.0.categories"
    assert "What is correct has no category of error" in refused.json()["error"]["sentence"]
    assert not Verdict.objects.exists()


def test_two_people_get_different_pages_and_asking_again_gives_the_same(
    campaign: Campaign, team: Team
) -> None:
    anna, ben = client_of(team.anna), client_of(team.ben)
    first, second = lease(anna, campaign)[0], lease(ben, campaign)[0]
    assert first.header["page"]["number"] == 1
    assert second.header["page"]["number"] == 2
    again = lease(anna, campaign)[0]
    assert again.header["lease"]["token"] == first.header["lease"]["token"]


def test_labels_are_kept_as_they_are_made(campaign: Campaign, team: Team) -> None:
    client = client_of(team.anna)
    page = lease(client, campaign)[0].header
    item = page["tiles"][2]["item"]
    sent = verdict(item, categories=["badFit"], note="half of it is missing")
    for _ in range(2):  # a repeated request stores nothing twice
        response = post(client, page["lease"]["verdicts_url"], {"verdicts": [sent]})
        assert response.status_code == 200, response.content
        assert response.json()["kept"] == [sent["key"]]
    assert Verdict.objects.count() == 1
    assert lease(client, campaign)[0].header["tiles"][2]["label"] == "incorrect"


def test_submitting_settles_every_instance_and_hands_out_the_next_page(
    campaign: Campaign, team: Team
) -> None:
    client = client_of(team.anna)
    page = lease(client, campaign)[0].header
    items = [tile["item"] for tile in page["tiles"]]
    last = verdict(items[1], "unsure")
    labels = {str(item): "correct" for item in items} | {str(items[1]): "unsure"}
    body = {"verdicts": [last], "labels": labels}
    for _ in range(2):  # the reply was lost: the client sends it again
        assert post(client, page["lease"]["submit_url"], body).json() == {"submitted": True}
    stored = dict(Verdict.objects.values_list("item_id", "label"))
    assert stored == {int(item): label for item, label in labels.items()}
    assert Page.objects.get(campaign=campaign, number=1).submitted_at is not None
    assert lease(client, campaign)[0].header["page"]["number"] == 2


def test_labels_changed_in_another_tab_are_not_submitted_unseen(
    campaign: Campaign, team: Team
) -> None:
    client = client_of(team.anna)
    page = lease(client, campaign)[0].header
    items = [tile["item"] for tile in page["tiles"]]
    post(client, page["lease"]["verdicts_url"], {"verdicts": [verdict(items[0])]})
    body = {"verdicts": [], "labels": {str(item): "correct" for item in items}}
    response = post(client, page["lease"]["submit_url"], body)
    assert response.status_code == 409
    assert "changed elsewhere" in response.json()["error"]["sentence"]
    assert Page.objects.get(campaign=campaign, number=1).submitted_at is None


def test_a_stale_token_is_refused_and_its_labels_are_kept_as_late(
    campaign: Campaign, team: Team
) -> None:
    anna, ben = client_of(team.anna), client_of(team.ben)
    page = lease(anna, campaign)[0].header
    Page.objects.filter(pk=page["page"]["id"]).update(held_until=timezone.now())
    taken = lease(ben, campaign)[0].header
    assert taken["page"]["id"] == page["page"]["id"]
    item = page["tiles"][0]["item"]
    late = {"verdicts": [verdict(item)]}
    for url in ("verdicts_url", "submit_url"):
        body = late | ({"labels": labels_of(page)} if url == "submit_url" else {})
        response = post(anna, page["lease"][url], body)
        assert response.status_code == 409
        assert response.json()["error"]["code"] == "stale_lease"
    assert post(anna, page["lease"]["renew_url"], {}).status_code == 409
    assert list(Verdict.objects.values_list("user__username", "late")) == [("anna", True)]
    assert lease(ben, campaign)[0].header["tiles"][0]["label"] == "correct"
    assert Lease.objects.get(token=page["lease"]["token"]).ending == "expired"


def test_a_lease_that_ran_out_is_still_good_while_nobody_took_the_page(
    campaign: Campaign, team: Team
) -> None:
    anna = client_of(team.anna)
    page = lease(anna, campaign)[0].header
    Page.objects.filter(pk=page["page"]["id"]).update(held_until=timezone.now())
    body = {"verdicts": [verdict(page["tiles"][0]["item"])]}
    assert post(anna, page["lease"]["verdicts_url"], body).status_code == 200
    assert lease(client_of(team.ben), campaign)[0].header["page"]["number"] == 2


def test_when_all_pages_are_held_the_reason_is_told(campaign: Campaign, team: Team) -> None:
    Page.objects.filter(campaign=campaign).exclude(number__lte=2).delete()
    lease(client_of(team.anna), campaign)
    lease(client_of(team.ben), campaign)
    frame = lease(client_of(team.manager), campaign)[0].header
    assert (frame["part"], frame["reason"]) == ("none", "waiting")


@pytest.mark.parametrize("method", ["lease", "work", "finished", "progress", "export"])
def test_an_outsider_sees_nothing(campaign: Campaign, team: Team, method: str) -> None:
    client = client_of(team.outsider)
    response = {
        "lease": lambda: client.post(f"/api/campaigns/{campaign.pk}/lease"),
        "work": lambda: client.get(f"/campaigns/{campaign.pk}/"),
        "finished": lambda: client.get(f"/campaigns/{campaign.pk}/finished/"),
        "progress": lambda: client.get(f"/api/campaigns/{campaign.pk}/progress"),
        "export": lambda: client.get(f"/campaigns/{campaign.pk}/synanno.json"),
    }[method]()
    assert response.status_code == 404
    assert campaign.name.encode() not in response.content


def test_a_teammate_cannot_use_the_token_of_another(campaign: Campaign, team: Team) -> None:
    page = lease(client_of(team.anna), campaign)[0].header
    ben = client_of(team.ben)
    body = {"verdicts": [verdict(page["tiles"][0]["item"])]}
    assert post(ben, page["lease"]["verdicts_url"], body).status_code == 404
    assert ben.get(page["lease"]["stacks_url"]).status_code == 404
    assert Verdict.objects.count() == 0


def test_only_a_manager_downloads_the_result(campaign: Campaign, team: Team) -> None:
    url = f"/campaigns/{campaign.pk}/synanno.json"
    assert client_of(team.anna).get(url).status_code == 403
    assert client_of(team.manager).get(url).status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ("{", None),
        ({"verdicts": [{"item": 1}]}, "verdicts.0.key"),
        ({"verdicts": "none"}, "verdicts"),
        ({}, "verdicts"),
    ],
)
def test_bad_json_is_refused_by_field(
    campaign: Campaign, team: Team, body: Any, field: str | None
) -> None:
    client = client_of(team.anna)
    page = lease(client, campaign)[0].header
    response = post(client, page["lease"]["verdicts_url"], body)
    assert response.status_code == 400
    error = response.json()["error"]
    assert error["sentence"]
    assert error["field"] == field


@pytest.mark.parametrize("change", [{"item": 10**9}, {"label": "maybe"}, {"categories": ["x"]}])
def test_a_verdict_that_does_not_fit_stores_nothing(
    campaign: Campaign, team: Team, change: dict[str, Any]
) -> None:
    client = client_of(team.anna)
    page = lease(client, campaign)[0].header
    good = verdict(page["tiles"][0]["item"])
    bad = verdict(page["tiles"][1]["item"]) | change
    response = post(client, page["lease"]["verdicts_url"], {"verdicts": [good, bad]})
    assert response.status_code == 400
    assert Verdict.objects.count() == 0


def test_an_administrator_is_told_how_to_take_part(campaign: Campaign, team: Team) -> None:
    User.objects.filter(pk=team.outsider.pk).update(is_superuser=True)
    client = client_of(team.outsider)
    sentence = "of this campaign may do this. Add yourself to its people first."
    grid = client.get(f"/campaigns/{campaign.pk}/")
    assert (grid.status_code, sentence in grid.content.decode()) == (403, True)
    handed = client.post(f"/api/campaigns/{campaign.pk}/lease")
    assert (handed.status_code, sentence in handed.json()["error"]["sentence"]) == (403, True)
    Membership.objects.create(campaign=campaign, user=team.outsider)
    assert client.get(f"/campaigns/{campaign.pk}/").status_code == 200
    assert lease(client, campaign)[0].header["part"] == "page"
