"""A campaign along neurons: section by section, each with a page to look for what was missed."""

from __future__ import annotations

from pathlib import Path

import pytest
import redis
from django.utils import timezone

from apps.accounts.models import User
from apps.campaigns.domain.neurons import NeuronChoice
from apps.campaigns.models import (
    Campaign,
    CampaignNeuron,
    Item,
    Membership,
    NeuronSection,
    Page,
    PageItem,
    WalkPart,
)
from apps.campaigns.services import cancelling, rendering, walking
from apps.campaigns.services.life import change_status
from apps.campaigns.services.paging import make_pages
from apps.campaigns.services.rendering import prepare_campaign
from apps.campaigns.services.walking import give_out_synapses, place_walk_part, walk_next
from apps.connectome.skeletons import Skeleton
from apps.core.errors import InvalidInputError
from apps.datasets.domain.selection import Sample, Selection
from apps.datasets.models import Dataset, SkeletonSource
from apps.datasets.services.skeletons import skeleton_of
from apps.proofreading.domain import Label
from apps.proofreading.services.campaigns import change_campaign, clone_campaign, open_campaign
from apps.proofreading.services.gold import NewGold, add_gold
from tests.support.people import Team
from tests.support.walks import (
    FORKED,
    STRAIGHT,
    UNKNOWN,
    fork_rows,
    line_rows,
    make_walk,
    neuron_table,
    row,
    walk_campaign,
)

pytestmark = pytest.mark.django_db

ROLE = Membership.Role
BOTH = NeuronChoice((STRAIGHT, FORKED))


@pytest.fixture
def roles(team: Team) -> dict[User, Membership.Role]:
    return {team.manager: ROLE.MANAGER, team.anna: ROLE.ANNOTATOR, team.ben: ROLE.ANNOTATOR}


def layout(campaign: Campaign) -> list[tuple[int, str, int | None, int | None, list[int]]]:
    """Each page: its number and kind, the number of its section and of its neuron, and the rows
    of the table on it."""
    pages = Page.objects.filter(campaign=campaign).select_related("section__neuron")
    return [
        (
            page.number,
            page.kind,
            page.section.number if page.section else None,
            page.section.neuron.position if page.section else None,
            list(page.items.order_by("position").values_list("instance__source_id", flat=True)),
        )
        for page in pages.order_by("rank")
    ]


def test_pages_follow_the_walk_and_each_section_ends_with_a_search(
    tmp_path: Path, roles: dict[User, ROLE]
) -> None:
    """The straight neuron is named first. Of the fork, the stem comes first and the longest arm
    last, though the table has them the other way round."""
    table = neuron_table(tmp_path, [*fork_rows(), *line_rows()])
    campaign = walk_campaign(table, roles, BOTH)
    rows = len(fork_rows())
    assert layout(campaign) == [
        (1, "ordinary", 0, 0, [rows + n for n in range(6)]),
        (2, "ordinary", 0, 0, [rows + 6, rows + 7]),
        (3, "search", 0, 0, []),
        (4, "ordinary", 0, 1, [15, 14, 13, 12, 11, 10]),
        (5, "search", 0, 1, []),
        (6, "ordinary", 1, 1, [9, 8, 7, 6]),
        (7, "search", 1, 1, []),
        (8, "ordinary", 2, 1, [5, 4, 3, 2, 1, 0]),
        (9, "search", 2, 1, []),
    ]
    assert [*Page.objects.order_by("rank").values_list("sheets", flat=True)] == [
        [n] for n in range(1, 10)
    ]
    items = Item.objects.order_by("position")
    assert [*items.values_list("position", flat=True)] == [*range(24)]
    assert [*items.values_list("traversal", flat=True)] == [*range(8), *range(16)]
    fork = NeuronSection.objects.filter(neuron__root_id=FORKED).order_by("number")
    assert [(one.number, one.parent, one.length_nm) for one in fork] == [
        (0, None, 12_000),
        (1, 0, 5_000),
        (2, 0, 10_000),
    ]
    assert fork[2].path_nm == [[1000, 16000, 13000], [1000, 6000, 13000]]
    neuron = CampaignNeuron.objects.get(root_id=FORKED)
    assert (neuron.soma_nm, neuron.length_nm) == ([1000, 16000, 1000], 27_000)
    assert (neuron.first_sheet, neuron.last_sheet, neuron.instance_ids) == (4, 9, None)
    assert (campaign.placed, campaign.to_place) == (24, 24)
    assert not WalkPart.objects.exists()


def test_each_pass_walks_all_of_it(tmp_path: Path, roles: dict[User, ROLE]) -> None:
    table = neuron_table(tmp_path, fork_rows())
    campaign = walk_campaign(table, roles, NeuronChoice((FORKED,)), passes=3)
    first, second, third = (
        [(page[0] - 6 * turn, *page[1:]) for page in layout(campaign)[6 * turn : 6 * turn + 6]]
        for turn in range(3)
    )
    assert first == second == third
    assert len(layout(campaign)) == 18
    assert Item.objects.count() == 16


def test_a_synapse_between_two_of_them_is_once_there_with_the_first(
    tmp_path: Path, roles: dict[User, ROLE]
) -> None:
    """It lies at the straight neuron's end when that is named first, else where the fork sends."""
    shared = row((1000, 16000, 3000), FORKED, STRAIGHT)
    shared |= {"post_pt_x": 2500, "post_pt_y": 125, "post_pt_z": 500}
    table = neuron_table(tmp_path, [*line_rows(), shared])
    for name, ids, owner in (
        ("line first", (STRAIGHT, FORKED), STRAIGHT),
        ("fork first", (FORKED, STRAIGHT), FORKED),
    ):
        campaign = walk_campaign(table, roles, NeuronChoice(ids), name=name)
        (item,) = Item.objects.filter(campaign=campaign, instance__source_id=8)
        assert item.section is not None
        assert item.section.neuron.root_id == owner
        assert Item.objects.filter(campaign=campaign).count() == 9
    between = walk_campaign(
        table, roles, NeuronChoice((STRAIGHT, FORKED), "between"), name="between"
    )
    assert [*between.items.values_list("instance__source_id", flat=True)] == [8]
    (item,) = between.items.all()
    assert item.section is not None
    assert item.section.neuron.root_id == STRAIGHT


def test_which_synapses_are_meant(tmp_path: Path, roles: dict[User, ROLE]) -> None:
    rows = [*fork_rows(), row((1000, 16000, 3000), 99, FORKED)]
    table = neuron_table(tmp_path, rows)
    counts = {}
    for which in ("from", "onto", "either"):
        campaign = walk_campaign(table, roles, NeuronChoice((FORKED,), which), name=which)
        counts[which] = campaign.to_place
    assert counts == {"from": 16, "onto": 1, "either": 17}
    with pytest.raises(InvalidInputError, match="has no instance that is from neuron"):
        walk_campaign(table, roles, NeuronChoice((FORKED,), "between"), name="none")
    few = walk_campaign(
        table, roles, NeuronChoice((FORKED,)), name="few", selection=Selection(sample=Sample(5))
    )
    assert few.to_place == 5


def test_a_neuron_without_a_skeleton_keeps_the_order_of_the_table(
    tmp_path: Path, roles: dict[User, ROLE]
) -> None:
    far_first = [row((9000, 9000, z), UNKNOWN, 99) for z in (9000, 1000, 5000)]
    table = neuron_table(tmp_path, [*far_first, *line_rows(2)])
    campaign = walk_campaign(table, roles, NeuronChoice((UNKNOWN, STRAIGHT)))
    assert layout(campaign) == [
        (1, "ordinary", None, None, [0, 1, 2]),
        (2, "ordinary", 0, 1, [3, 4]),
        (3, "search", 0, 1, []),
    ]
    neuron = CampaignNeuron.objects.get(root_id=UNKNOWN)
    assert "33.swc" in neuron.failure
    assert (neuron.first_sheet, neuron.last_sheet) == (1, 1)
    assert not neuron.sections.exists()


def test_a_neuron_without_synapses_is_searched_all_the_same(
    tmp_path: Path, roles: dict[User, ROLE]
) -> None:
    table = neuron_table(tmp_path, line_rows(2))
    campaign = walk_campaign(table, roles, NeuronChoice((FORKED, STRAIGHT)))
    assert [page[1] for page in layout(campaign)] == ["search"] * 3 + ["ordinary", "search"]


def test_the_walk_begins_where_it_was_asked_to(tmp_path: Path, roles: dict[User, ROLE]) -> None:
    table = neuron_table(tmp_path, line_rows())
    choice = NeuronChoice((STRAIGHT,), roots={STRAIGHT: (20000.0, 1500.0, 22000.0)})
    campaign = walk_campaign(table, roles, choice)
    assert layout(campaign)[0][4] == [7, 6, 5, 4, 3, 2]
    clone = clone_campaign(campaign, "Again", next(iter(roles)), timezone.now())
    assert clone.neurons.get().root_nm == [20000, 1500, 22000]
    make_walk(clone)
    assert layout(clone) == layout(campaign)


def test_gold_has_its_place_on_the_walk_and_no_page(
    tmp_path: Path, roles: dict[User, ROLE]
) -> None:
    table = neuron_table(tmp_path, line_rows())
    campaign = walk_campaign(table, roles, NeuronChoice((STRAIGHT,)), prepared=False, as_draft=True)
    gold = [NewGold("row 1", 3, Label.CORRECT, "")]
    add_gold(campaign, gold, None, timezone.now())
    make_walk(campaign)
    assert [page[4] for page in layout(campaign)] == [[0, 1, 2, 4, 5, 6], [7], []]
    item = Item.objects.get(instance__source_id=3)
    assert item.section is not None
    assert (item.sheet, item.traversal, item.section.number) == (None, 3, 0)


def test_what_cannot_be_walked_is_refused(tmp_path: Path, roles: dict[User, ROLE]) -> None:
    table = neuron_table(tmp_path, line_rows())
    along = NeuronChoice((STRAIGHT,))
    with pytest.raises(InvalidInputError, match="in the order 'neuron', not 'table'"):
        open_campaign("By table", table, roles, neurons=along)
    chosen = Selection(pre_ids=(1,))
    with pytest.raises(InvalidInputError, match=r"selection\.pre_ids: .* chosen already"):
        walk_campaign(table, roles, along, selection=chosen)
    with pytest.raises(InvalidInputError, match="no instance that is from or onto neuron 7"):
        walk_campaign(table, roles, NeuronChoice((7,)))
    SkeletonSource.objects.update(problem="There is no folder /gone.")
    with pytest.raises(InvalidInputError, match=r"cannot be used\. There is no folder /gone"):
        walk_campaign(table, roles, along)
    SkeletonSource.objects.update(version=2)
    with pytest.raises(InvalidInputError, match="being looked at; try again in a moment"):
        walk_campaign(table, roles, along)
    SkeletonSource.objects.all().delete()
    with pytest.raises(InvalidInputError, match="'neurons' has no skeletons to go along"):
        walk_campaign(table, roles, along)
    assert not Campaign.objects.exists()


def test_the_job_prepares_and_opens_it_in_short_turns(
    tmp_path: Path,
    roles: dict[User, ROLE],
    redis_client: redis.Redis,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each turn does one thing and asks for the next. Pages to search need no pictures."""
    drawn: list[int] = []
    monkeypatch.setattr(rendering, "render_cutouts", lambda batch: drawn.append(len(batch)))
    table = neuron_table(tmp_path, [*fork_rows(), *line_rows()])
    campaign = walk_campaign(table, roles, BOTH, prepared=False)
    assert campaign.walks() == (0, 2)
    turns = 0
    walked = set()
    while Campaign.objects.get(pk=campaign.pk).status == Campaign.Status.PREPARING and turns < 20:
        prepare_campaign(campaign.pk, for_s=0.0)
        walked.add(campaign.walks())
        turns += 1
    campaign.refresh_from_db()
    assert (campaign.status, campaign.failure, campaign.placed) == ("open", "", 24)
    assert turns > 4
    assert {(0, 2), (1, 2), (2, 2)} == walked
    assert sum(drawn) == campaign.to_prepare == 24
    assert len(layout(campaign)) == 9


def test_parts_make_the_pages_that_are_made_at_once(
    tmp_path: Path, roles: dict[User, ROLE], monkeypatch: pytest.MonkeyPatch
) -> None:
    table = neuron_table(tmp_path, [*fork_rows(), *line_rows()])
    whole = walk_campaign(table, roles, BOTH, name="whole", passes=2)
    monkeypatch.setattr(walking, "PART", 7)
    monkeypatch.setattr(walking, "_SHEETS_A_PART", 2)
    parts = walk_campaign(table, roles, BOTH, passes=2, prepared=False)
    give_out_synapses(parts.pk)
    while walk_next(parts.pk):
        pass
    assert WalkPart.objects.filter(campaign=parts).count() > 3
    while place_walk_part(parts.pk):
        pass
    assert layout(parts) == layout(whole)


def test_a_preparation_is_cancelled_and_begun_anew(
    tmp_path: Path,
    roles: dict[User, ROLE],
    redis_client: redis.Redis,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Cancelled when all its pages are made; gold stays, but for its place on the walk. Begun
    anew with other settings."""
    monkeypatch.setattr(cancelling, "_SHEETS_AT_ONCE", 2)
    table = neuron_table(tmp_path, [*fork_rows(), *line_rows()])
    campaign = walk_campaign(table, roles, BOTH, prepared=False, as_draft=True)
    add_gold(campaign, [NewGold("row 1", 3, Label.CORRECT, "")], None, timezone.now())
    manager = next(iter(roles))
    change_status(campaign, "preparing", manager, timezone.now())
    make_walk(campaign)
    change_status(campaign, "draft", manager, timezone.now())
    prepare_campaign(campaign.pk)
    campaign.refresh_from_db()
    assert (campaign.status, campaign.placed, campaign.to_place) == ("draft", 0, None)
    assert not NeuronSection.objects.exists()
    assert not Page.objects.exists()
    assert not PageItem.objects.exists()
    (gold,) = Item.objects.all()
    assert (gold.section, gold.traversal) == (None, None)
    assert set(campaign.neurons.values_list("walked_at", "last_sheet")) == {(None, None)}
    change_campaign(campaign, {"page_size": 12}, manager, timezone.now())
    make_walk(campaign)
    assert layout(campaign)[0] == (1, "ordinary", 0, 0, [*range(16, 24)])


def test_a_cancelled_walk_writes_nothing_more(
    tmp_path: Path, roles: dict[User, ROLE], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is cancelled while a worker reads a skeleton."""
    table = neuron_table(tmp_path, line_rows())
    campaign = walk_campaign(table, roles, NeuronChoice((STRAIGHT,)), prepared=False)
    give_out_synapses(campaign.pk)

    def read_and_cancel(dataset: Dataset, root_id: int) -> Skeleton:
        change_status(campaign, "draft", None, timezone.now())
        return skeleton_of(dataset, root_id)

    monkeypatch.setattr(walking, "skeleton_of", read_and_cancel)
    walk_next(campaign.pk)
    assert not NeuronSection.objects.exists()
    assert not WalkPart.objects.exists()


def test_in_another_order_the_neurons_only_choose(tmp_path: Path, roles: dict[User, ROLE]) -> None:
    table = neuron_table(tmp_path, [*fork_rows(), *line_rows()])
    along = NeuronChoice((STRAIGHT,))
    campaign = walk_campaign(table, roles, along, prepared=False, as_draft=True)
    manager = next(iter(roles))
    campaign = change_campaign(campaign, {"order": "table"}, manager, timezone.now())
    clone = clone_campaign(campaign, "Clone", manager, timezone.now())
    assert not clone.neurons.exists()
    for one in (campaign, clone):
        make_pages(one.pk)
        assert [page[4] for page in layout(one)] == [[16, 17, 18, 19, 20, 21], [22, 23]]
