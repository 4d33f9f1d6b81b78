"""A person goes back to pages that they have submitted, and changes labels as new verdicts."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.campaigns.models import Campaign, Item, Lease, Membership, Page
from apps.campaigns.services.holding import StaleLeaseError
from apps.campaigns.services.leasing import lease_page
from apps.proofreading.domain import Label
from apps.proofreading.models import GoldAnswer, GoldExposure, GoldPolicy, Settlement, Verdict
from apps.proofreading.selectors import items_of_lease
from apps.proofreading.selectors.mine import my_pages
from apps.proofreading.services.fates import FixedLabelError, StaleLabelError
from apps.proofreading.services.reopening import reopen_page
from apps.proofreading.services.revising import revise_verdicts
from apps.proofreading.services.settling import count_submitted
from apps.proofreading.services.verdicts import NewVerdict
from apps.voxels.frames import decode_frames
from tests.support.paper import always, judge, paper_campaign, work
from tests.support.people import Team
from tests.support.work import client_of, labels_of, post, verdict
from tests.support.work import lease as lease_in_browser

pytestmark = pytest.mark.django_db

C, I = Label.CORRECT, Label.INCORRECT  # noqa: E741 - short in tables of labels
ROLE = Membership.Role


@pytest.fixture
def paper(tmp_path: Path, team: Team) -> Campaign:
    roles = {team.manager: ROLE.MANAGER, team.anna: ROLE.ANNOTATOR, team.ben: ROLE.ANNOTATOR}
    return paper_campaign(tmp_path, roles, instances=6, passes=2)


def done_by(campaign: Campaign, user: User) -> Lease:
    """A page that this person has submitted, all correct."""
    lease = lease_page(campaign, user, timezone.now()).lease
    assert lease is not None
    judge(lease, always(C))
    return Lease.objects.select_related("page__campaign").get(pk=lease.pk)


def says(item: Item, label: Label, **more: Any) -> NewVerdict:
    return NewVerdict(uuid.uuid4(), item.pk, label, timezone.now(), **more)


def settled(item: Item) -> tuple[str, int]:
    row = Settlement.objects.get(item=item)
    return row.label, row.votes


def test_a_change_counts_instead_of_the_former_label(paper: Campaign, team: Team) -> None:
    lease = done_by(paper, team.anna)
    done_by(paper, team.ben)
    count_submitted(timezone.now())
    item = items_of_lease(lease)[2]
    assert settled(item) == ("correct", 2)
    change = says(item, I)
    for _ in range(2):  # sent again, it is stored once
        assert revise_verdicts(lease, [change]) == [change.key]
    stored = Verdict.objects.get(key=change.key)
    assert (stored.lease, stored.late) == (lease, False)
    assert Verdict.objects.filter(item=item, user=team.anna).count() == 2
    assert Page.objects.get(pk=lease.page_id).counted_at is None
    assert count_submitted(timezone.now()) == 1
    assert settled(item) == ("unsure", 2)


def closed(lease: Lease) -> None:
    Campaign.objects.update(status="closed")


def paused(lease: Lease) -> None:
    Campaign.objects.update(status="paused")


def training(lease: Lease) -> None:
    Page.objects.filter(pk=lease.page_id).update(kind=Page.Kind.TRAINING)


def adjudicated(lease: Lease) -> None:
    page = Page.objects.create(
        campaign=lease.page.campaign, number=90, rank=90, kind=Page.Kind.ADJUDICATION
    )
    page.items.add(items_of_lease(lease)[0])
    expert = User.objects.create(username="expert")
    Membership.objects.create(campaign=page.campaign, user=expert, role=ROLE.EXPERT)
    Page.objects.exclude(pk=page.pk).filter(submitted_at=None).delete()
    assert work(page.campaign, expert) == 1


def told(lease: Lease) -> None:
    GoldPolicy.objects.create(campaign=lease.page.campaign, gives_feedback=True)
    item = items_of_lease(lease)[0]
    GoldExposure.objects.create(lease=lease, item=item, user=lease.user, place=0)
    GoldAnswer.objects.create(item=item, label="incorrect")


@pytest.mark.parametrize(
    ("event", "sentence"),
    [
        (closed, "The campaign is closed"),
        (paused, "The campaign is paused"),
        (training, "A page of the training is done once"),
        (adjudicated, "An expert has decided this instance"),
        (told, "You were told what is known of this instance"),
    ],
)
def test_what_can_no_longer_be_changed_is_told(
    paper: Campaign, team: Team, event: Callable[[Lease], None], sentence: str
) -> None:
    lease = done_by(paper, team.anna)
    before = says(items_of_lease(lease)[0], I)
    revise_verdicts(lease, [before])
    event(lease)
    lease = Lease.objects.select_related("page__campaign").get(pk=lease.pk)
    with pytest.raises(FixedLabelError, match=sentence):
        revise_verdicts(lease, [says(items_of_lease(lease)[0], C)])
    assert revise_verdicts(lease, [before]) == [before.key], "its answer was lost, it was kept"
    assert Verdict.objects.filter(user=team.anna).count() == 6 + 1


def test_only_the_adjudicated_items_are_locked(paper: Campaign, team: Team) -> None:
    lease = done_by(paper, team.anna)
    adjudicated(lease)
    revise_verdicts(lease, [says(items_of_lease(lease)[1], I)])
    assert Verdict.objects.filter(user=team.anna, label=I).count() == 1


def test_a_reopened_page_is_no_longer_theirs(paper: Campaign, team: Team) -> None:
    lease = done_by(paper, team.anna)
    assert [mine.fixed for mine in my_pages(paper, team.anna).pages] == [None]
    reopen_page(paper, lease.page.number, None, team.manager, timezone.now())
    lease = Lease.objects.select_related("page__campaign").get(pk=lease.pk)
    with pytest.raises(StaleLeaseError, match="opened again"):
        revise_verdicts(lease, [says(items_of_lease(lease)[0], I)])
    assert my_pages(paper, team.anna).pages == []
    assert Verdict.objects.filter(late=True).count() == 1, "kept, no longer in time"


def test_a_change_after_another_tabs_change_is_refused(paper: Campaign, team: Team) -> None:
    lease = done_by(paper, team.anna)
    item = items_of_lease(lease)[0]
    seen = Verdict.objects.get(item=item).key
    elsewhere = says(item, I, versioned=True, after=seen)
    revise_verdicts(lease, [elsewhere])
    with pytest.raises(StaleLabelError) as refused:
        revise_verdicts(lease, [says(item, Label.UNSURE, versioned=True, after=seen)])
    assert refused.value.details["present"] == [
        {
            "item": item.pk,
            "label": "incorrect",
            "categories": [],
            "note": "",
            "verdict": str(elsewhere.key),
        }
    ]


def test_pages_are_listed_seen_and_changed_through_the_api(campaign: Campaign, team: Team) -> None:
    anna = client_of(team.anna)
    page = lease_in_browser(anna, campaign)[0].header
    first = page["tiles"][0]["item"]
    body = {"verdicts": [], "labels": labels_of(page)}
    assert post(anna, page["lease"]["submit_url"], body).status_code == 200

    (mine,) = anna.get(f"/api/campaigns/{campaign.pk}/mine").json()["pages"]
    assert (mine["number"], mine["fixed"], mine["labels"]["correct"]) == (1, None, 6)
    again, *tiles = decode_frames(anna.get(mine["page_url"]).content)
    assert again.header["state"] == "submitted"
    assert [tile.header["part"] for tile in tiles] == ["middle"] * 6
    tile = again.header["tiles"][0]
    change = verdict(first, after=tile["verdict"])
    revised = post(anna, again.header["lease"]["revise_url"], {"verdicts": [change]})
    assert (revised.status_code, revised.json()) == (200, {"kept": [change["key"]]})
    (mine,) = anna.get(f"/api/campaigns/{campaign.pk}/mine").json()["pages"]
    assert mine["labels"] == {"correct": 5, "incorrect": 1, "unsure": 0}
    shown = anna.get(f"/campaigns/{campaign.pk}/mine/").content.decode()
    assert f"?page={mine['lease']}" in shown

    Campaign.objects.update(status="closed")
    again = next(decode_frames(anna.get(mine["page_url"]).content))
    assert {tile["locked"] for tile in again.header["tiles"]} == {
        "The campaign is closed; labels stay as they are."
    }
    assert client_of(team.ben).get(mine["page_url"]).status_code == 404
    of_ben = client_of(team.ben).get(f"/api/campaigns/{campaign.pk}/mine").json()
    assert of_ben == {"pages": [], "earlier": None, "later": None}


def test_a_held_page_is_opened_by_its_lease(campaign: Campaign, team: Team) -> None:
    anna = client_of(team.anna)
    page = lease_in_browser(anna, campaign)[0].header
    url = f"/api/leases/{page['lease']['token']}"
    again = next(decode_frames(anna.get(url).content)).header
    assert (again["state"], again["why"]) == ("held", "held")
    assert again["tiles"] == page["tiles"]
    Page.objects.filter(pk=page["page"]["id"]).update(held_until=timezone.now())
    lease_in_browser(client_of(team.ben), campaign)
    assert anna.get(url).json()["error"]["code"] == "stale_lease"
