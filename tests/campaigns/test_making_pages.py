"""A campaign of a part of its table; its pages are made in parts, and can be taken away again."""

from __future__ import annotations

from pathlib import Path

import pytest
import redis
from django.utils import timezone

from apps.accounts.models import User
from apps.campaigns.models import AuditEntry, Campaign, Item, Lease, Membership, Page, PageItem
from apps.campaigns.selectors import selection_of
from apps.campaigns.services import cancelling, paging, rendering
from apps.campaigns.services.campaigns import MAX_ATTEMPTS, let_people_in
from apps.campaigns.services.leasing import lease_page
from apps.campaigns.services.life import StatusError, change_status
from apps.campaigns.services.paging import make_pages, place_part, plan_pages
from apps.campaigns.services.rendering import prepare_campaign
from apps.core.errors import InvalidInputError
from apps.datasets.domain.selection import EVERYTHING, Region, Sample, Selection
from apps.datasets.models import SynapseTable
from apps.proofreading.domain import Label
from apps.proofreading.services.campaigns import (
    change_campaign,
    clone_campaign,
    open_campaign,
    start_campaign,
)
from apps.proofreading.services.gold import NewGold, add_gold
from tests.support.counts import counts
from tests.support.datasets import make_empty_dataset
from tests.support.paper import always, judge, paper_campaign
from tests.support.people import Team

pytestmark = pytest.mark.django_db

ROLE = Membership.Role
LEFT = Selection(box=Region((0, 0, 0), (300, 1024, 1024)))  # rows 0 to 19 of fifty


@pytest.fixture
def roles(team: Team) -> dict[User, Membership.Role]:
    return {team.manager: ROLE.MANAGER, team.anna: ROLE.ANNOTATOR}


@pytest.fixture
def fifty(tmp_path: Path, db: None) -> SynapseTable:
    """Fifty synapses in a row along x, from 100 by tens."""
    rows = []
    for number in range(50):
        center = {"x": 100 + 10 * number, "y": 200, "z": 300}
        points = {f"{one}_pt_{axis}": center[axis] for one in ("pre", "post") for axis in "xyz"}
        rows.append(center | points | {"pre_neuron_id": number % 3, "post_neuron_id": 9})
    return make_empty_dataset(tmp_path / "fifty", rows, name="fifty")


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (paging, cancelling):
        monkeypatch.setattr(module, "PART", 24)


def layout(campaign: Campaign) -> list[tuple[int, int, tuple[int, ...], list[tuple[int, int]]]]:
    """Each page with its number, rank and sheets, and its instances with their positions."""
    pages = Page.objects.filter(campaign=campaign).order_by("number")
    return [
        (
            page.number,
            page.rank,
            tuple(page.sheets),
            list(page.items.order_by("position").values_list("instance__source_id", "position")),
        )
        for page in pages
    ]


def test_only_what_is_selected_comes_on_pages(
    fifty: SynapseTable, roles: dict[User, Membership.Role]
) -> None:
    campaign = open_campaign("Left", fifty, roles, selection=LEFT, page_size=6)
    make_pages(campaign.pk)
    make_pages(campaign.pk)
    assert layout(campaign) == [
        (n, n, (n,), [(at, at) for at in range(6 * n - 6, min(6 * n, 20))]) for n in range(1, 5)
    ]
    campaign.refresh_from_db()
    assert (campaign.placed, campaign.to_place) == (20, 20)


def test_gold_is_taken_from_what_is_selected(
    fifty: SynapseTable, roles: dict[User, Membership.Role]
) -> None:
    """The sample stays as it is: nothing comes in for the gold in it."""
    sampled = Selection(sample=Sample(10, seed=1))
    campaign = open_campaign("Sample", fifty, roles, selection=sampled, page_size=6, as_draft=True)
    make_pages(campaign.pk)
    drawn = set(Item.objects.values_list("instance__source_id", flat=True))
    assert len(drawn) == 10

    again = open_campaign("Gold", fifty, roles, selection=sampled, page_size=6, as_draft=True)
    gold = sorted(drawn)[:2]
    rows = [NewGold(f"row {one}", one, Label.CORRECT, "") for one in gold]
    add_gold(again, rows, None, timezone.now())
    make_pages(again.pk)
    placed = Item.objects.filter(campaign=again, sheet__isnull=False)
    assert set(placed.values_list("instance__source_id", flat=True)) == drawn - set(gold)
    assert Page.objects.filter(campaign=again).count() == 2


@pytest.mark.parametrize("order", ["table", "spatial", "neuron", "random"])
def test_pages_made_in_parts_are_those_made_at_once(
    fifty: SynapseTable,
    roles: dict[User, Membership.Role],
    monkeypatch: pytest.MonkeyPatch,
    order: str,
) -> None:
    made = []
    for name, part in (("At once", 12_000), ("In parts", 24)):
        monkeypatch.setattr(paging, "PART", part)
        campaign = open_campaign(name, fifty, roles, page_size=12)
        Campaign.objects.filter(pk=campaign.pk).update(order=order, order_seed=5, passes=3)
        make_pages(campaign.pk)
        made.append(layout(campaign))
    assert made[0] == made[1]
    assert len(made[0]) == 15
    assert {source_id for page in made[0] for source_id, _ in page[3]} == set(range(50))


@pytest.mark.usefixtures("small_parts")
def test_whoever_goes_on_finds_what_is_there(
    fifty: SynapseTable, roles: dict[User, Membership.Role], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that dies in the middle of a part leaves the parts before it, and nothing else."""
    campaign = open_campaign("Killed", fifty, roles, page_size=12)
    plan_pages(campaign.pk)
    assert place_part(campaign.pk)
    before = layout(campaign)
    monkeypatch.setattr(paging, "F", lambda name: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        place_part(campaign.pk)
    monkeypatch.undo()
    monkeypatch.setattr(paging, "PART", 24)
    assert layout(campaign) == before
    campaign.refresh_from_db()
    assert (campaign.placed, campaign.to_place) == (24, 50)
    make_pages(campaign.pk)
    assert layout(campaign)[:2] == before
    assert Item.objects.filter(campaign=campaign).count() == 50
    assert not campaign.unplaced_parts.exists()


def test_nothing_selected_makes_nothing(
    fifty: SynapseTable, roles: dict[User, Membership.Role]
) -> None:
    before = counts()
    nowhere = Selection(box=Region((0, 0, 0), (50, 50, 50)), pre_ids=(1,))
    with pytest.raises(InvalidInputError, match=r"no instance that is centred .* from neuron 1"):
        open_campaign("Nothing", fifty, roles, selection=nowhere)
    assert counts() == before


def test_where_all_is_gold_the_preparation_fails(
    fifty: SynapseTable, roles: dict[User, Membership.Role], team: Team
) -> None:
    two = Selection(box=Region((100, 0, 0), (120, 1024, 1024)))
    campaign = open_campaign("Gold", fifty, roles, selection=two, as_draft=True)
    rows = [NewGold(f"row {one}", one, Label.CORRECT, "") for one in range(2)]
    add_gold(campaign, rows, None, timezone.now())
    start_campaign(campaign, team.manager, timezone.now())
    prepare_campaign(campaign.pk)
    campaign.refresh_from_db()
    assert campaign.status == Campaign.Status.FAILED
    assert "what is selected is gold" in campaign.failure


def test_a_clone_is_of_the_same_part(
    fifty: SynapseTable, roles: dict[User, Membership.Role], team: Team
) -> None:
    large = Selection(either_ids=(0, 2**64 - 1), sample=Sample(5, 2))
    campaign = open_campaign("First", fifty, roles, selection=large)
    clone = clone_campaign(campaign, "Second", team.manager, timezone.now())
    assert selection_of(clone.pk) == large
    plain = open_campaign("Third", fifty, roles)
    assert selection_of(clone_campaign(plain, "4th", team.manager, timezone.now()).pk) == EVERYTHING


@pytest.mark.usefixtures("small_parts")
def test_what_is_cancelled_is_a_draft_without_pages_and_can_be_started_again(
    fifty: SynapseTable, roles: dict[User, Membership.Role], team: Team, redis_client: redis.Redis
) -> None:
    campaign = open_campaign("Stopped", fifty, roles, page_size=12, as_draft=True)
    add_gold(campaign, [NewGold("row 1", 7, Label.CORRECT, "")], None, timezone.now())
    start_campaign(campaign, team.manager, timezone.now())
    prepare_campaign(campaign.pk, for_s=0)
    assert Item.objects.filter(campaign=campaign, sheet__isnull=False).count() == 24

    change_status(campaign, "draft", team.manager, timezone.now())
    change_status(campaign, "draft", team.manager, timezone.now())
    assert not place_part(campaign.pk)
    let_people_in(campaign.pk)
    campaign.refresh_from_db()
    assert campaign.status == Campaign.Status.PREPARING, "until its pages are gone"
    prepare_campaign(campaign.pk)

    campaign.refresh_from_db()
    assert (campaign.status, campaign.cancelled_at, campaign.to_place) == ("draft", None, None)
    assert list(Item.objects.values_list("instance__source_id", "sheet")) == [(7, None)]
    assert (Page.objects.count(), PageItem.objects.count()) == (0, 0)
    assert not campaign.unplaced_parts.exists()
    said = AuditEntry.objects.filter(campaign=campaign, details__to="draft")
    assert [entry.actor for entry in said] == [team.manager]

    change_campaign(campaign, {"page_size": 24}, team.manager, timezone.now())
    start_campaign(campaign, team.manager, timezone.now())
    make_pages(campaign.pk)
    assert [len(page[3]) for page in layout(campaign)] == [24, 24, 1]


@pytest.mark.usefixtures("small_parts")
def test_pages_go_as_they_came_part_by_part(
    fifty: SynapseTable, roles: dict[User, Membership.Role], team: Team, redis_client: redis.Redis
) -> None:
    campaign = open_campaign("Long", fifty, roles, page_size=6)
    Campaign.objects.filter(pk=campaign.pk).update(passes=2)
    make_pages(campaign.pk)
    change_status(campaign, "draft", team.manager, timezone.now())
    left = []
    while True:
        prepare_campaign(campaign.pk, for_s=0)
        campaign.refresh_from_db()
        left.append((Item.objects.count(), Page.objects.count(), campaign.placed))
        if campaign.status == Campaign.Status.DRAFT:
            break
    assert left == [(48, 16, 48), (24, 8, 24), (0, 0, 0), (0, 0, 0)]


def test_what_is_judged_already_cannot_be_cancelled(tmp_path: Path, team: Team) -> None:
    """As in a campaign that was restored from a file and is being prepared."""
    campaign = paper_campaign(tmp_path, {team.anna: ROLE.ANNOTATOR})
    lease = judged_page(campaign, team)
    Campaign.objects.update(status=Campaign.Status.PREPARING)
    with pytest.raises(StatusError, match="judged already"):
        change_status(campaign, "draft", team.manager, timezone.now())
    assert Page.objects.get(pk=lease.page_id).submitted_at is not None


def judged_page(campaign: Campaign, team: Team) -> Lease:
    lease = lease_page(campaign, team.anna, timezone.now()).lease
    assert lease is not None
    judge(lease, always(Label.CORRECT))
    return lease


def test_pages_that_are_never_made_fail_the_campaign_with_a_sentence(
    fifty: SynapseTable, roles: dict[User, Membership.Role], monkeypatch: pytest.MonkeyPatch
) -> None:
    def ends(campaign_id: int) -> None:
        raise KeyboardInterrupt  # as a process that is ended

    campaign = open_campaign("Stuck", fifty, roles)
    monkeypatch.setattr(rendering, "plan_pages", ends)
    for _ in range(MAX_ATTEMPTS):
        with pytest.raises(KeyboardInterrupt):
            prepare_campaign(campaign.pk)
    prepare_campaign(campaign.pk)
    campaign.refresh_from_db()
    assert campaign.status == Campaign.Status.FAILED
    assert "without getting beyond 0 of 0 instances" in campaign.failure
