"""What the table missed is added: near ones are shown, numbers never collide, nothing is lost."""

from __future__ import annotations

import uuid
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from apps.accounts.models import User
from apps.campaigns.models import AuditEntry, Campaign, Membership
from apps.campaigns.services.campaigns import let_people_in
from apps.campaigns.services.paging import make_pages
from apps.campaigns.templatetags.managing import facts, words
from apps.core.errors import ConflictError, ForbiddenError, InvalidInputError
from apps.datasets.domain.selection import Selection
from apps.datasets.models import Instance, SynapseTable
from apps.datasets.selectors import count_instances, find_table
from apps.datasets.services.deleting import delete_dataset, delete_table
from apps.datasets.services.reading import PlaceUnreadableError
from apps.datasets.services.tables import TableInput, load_table, table_names
from apps.proofreading.services.campaigns import open_campaign
from apps.revision.domain import Decision
from apps.revision.domain.near import box_around, distance_nm, place_of
from apps.revision.models import AddedSynapse, Revision, RevisionSettings
from apps.revision.selectors import outcomes
from apps.revision.selectors.additions import near
from apps.revision.selectors.coming import why_it_came
from apps.revision.services import additions_partners, sweeping
from apps.revision.services.additions import NearError, NewSynapse, add_synapse, withdraw_synapse
from apps.revision.services.additions_marks import dismiss_mark
from apps.revision.services.additions_partners import find_partners
from apps.revision.services.finishing import finish
from apps.revision.services.segments import MOST_ATTEMPTS
from apps.revision.services.sweeping import resume_checks
from apps.voxels.geometry import Point, Resolution
from apps.voxels.morton import morton_codes
from tests.campaigns.test_two_at_once import at_once
from tests.support.paper import paper_campaign
from tests.support.people import Team, make_team
from tests.support.revisions import take_revision

pytestmark = pytest.mark.django_db

ROLE = Membership.Role
FAR = Point(700, 700, 700)
voxels = st.integers(-(2**22), 2**22)
points = st.builds(Point, voxels, voxels, st.integers(-(2**18), 2**18))


def roles_of(team: Team) -> dict[User, Membership.Role]:
    return {team.manager: ROLE.MANAGER, team.anna: ROLE.ANNOTATOR, team.ben: ROLE.ANNOTATOR}


@pytest.fixture
def paper(tmp_path: Path, team: Team) -> Campaign:
    """Six synapses, 80 nm from one to the next."""
    return paper_campaign(tmp_path, roles_of(team), instances=6)


def seen(position: Point, **more: Any) -> NewSynapse:
    """A synapse that somebody has seen in three slices."""
    x, y, z = position
    told: dict[str, Any] = {
        "key": uuid.uuid4(),
        "position": Point(x, y, z),
        "first_z": z - 1,
        "last_z": z + 1,
    }
    return NewSynapse(**told | more)


def add(campaign: Campaign, user: User, new: NewSynapse) -> AddedSynapse:
    return add_synapse(campaign, user, new, timezone.now())


def shown_by(error: NearError) -> list[tuple[str, str, list[int]]]:
    """Those that are near, as they are told."""
    near: Any = error.details["near"]
    return [(one["id"], one["origin"], one["center"]) for one in near]


@given(points)
def test_the_place_of_a_single_voxel_is_that_of_many(point: Point) -> None:
    assert place_of(point) == morton_codes(np.array([point], dtype=np.int64))[0]


@given(points, st.tuples(*[st.integers(-60, 60)] * 3), st.floats(0, 500))
def test_whatever_is_near_lies_in_the_box(
    center: Point, step: tuple[int, int, int], reach: float
) -> None:
    size = Resolution(8, 8, 30)
    other = Point(*(at + far for at, far in zip(center, step, strict=True)))
    if distance_nm(center, other, size) <= reach:
        assert box_around(center, size, reach).contains(other)


def test_what_is_near_is_found_by_its_distance_in_nm(paper: Campaign) -> None:
    RevisionSettings.objects.create(campaign=paper, near_nm=100.0)
    found = near(paper, Point(110, 200, 303))
    told = [(one.source_id, one.distance_nm, one.is_added) for one in found]
    assert told == [
        (1, 24.0, False),
        (0, pytest.approx(83.52, abs=0.01), False),
        (2, pytest.approx(83.52, abs=0.01), False),
    ]
    assert near(paper, FAR) == []


def test_what_was_missed_becomes_an_instance_that_can_be_drawn(paper: Campaign, team: Team) -> None:
    pre, post = Point(695, 700, 700), Point(705, 700, 704)
    added = add(paper, team.anna, seen(FAR, pre=pre, post=post, note="on a spine"))
    again = add(paper, team.ben, seen(Point(800, 800, 800)))
    table = RevisionSettings.objects.get(campaign=paper).additions
    assert table is not None
    assert (table.name, table.dataset, table.row_count) == (
        "Missed in On paper",
        paper.table.dataset,
        2,
    )
    assert table.resolution == paper.table.resolution
    instance = Instance.objects.get(pk=added.instance_id)
    assert (instance.table, instance.source_id, instance.center) == (table, 0, FAR)
    assert (instance.pre_pt, instance.post_pt) == (pre, post)
    assert (instance.box_lo_x, instance.box_hi_x) == (695, 706)
    assert (instance.box_lo_z, instance.box_hi_z) == (699, 705), "slices and points"
    assert again.instance.source_id == 1
    assert not paper.items.filter(instance__table=table).exists(), "no item of the campaign"
    lease = take_revision(paper, team.anna, added.revision.pk)
    assert (lease.revision.instance, lease.revision.added) == (instance, added)
    finish(lease, Decision.MENDED, "", timezone.now())
    told = [one for one in outcomes(paper) if one.added is not None]
    assert [(one.instance, one.judged.note, one.judged.people) for one in told] == [
        (instance, "on a spine", (team.anna.pk,)),
        (again.instance, "", (team.ben.pk,)),
    ]


def test_what_may_be_the_same_is_shown_before_it_is_added(paper: Campaign, team: Team) -> None:
    first = add(paper, team.anna, seen(FAR))
    beside = seen(FAR._replace(x=710))
    with pytest.raises(NearError, match="80 nm away") as refused:
        add(paper, team.ben, beside)
    assert shown_by(refused.value) == [(str(first.instance_id), "added", [*FAR])]
    known = seen(Point(100, 200, 300))
    with pytest.raises(NearError) as refused:
        add(paper, team.anna, known)
    assert {origin for _, origin, _ in shown_by(refused.value)} == {"table"}
    assert AddedSynapse.objects.count() == 1
    shown = frozenset({first.instance_id})
    second = add(paper, team.ben, seen(beside.position, despite=shown))
    assert [one["id"] for one in second.near] == [str(first.instance_id)]
    with pytest.raises(NearError, match="2 synapses"):
        add(paper, team.manager, seen(FAR._replace(x=705), despite=shown))


def test_sent_again_it_is_added_once(paper: Campaign, team: Team) -> None:
    new = seen(FAR)
    added = add(paper, team.anna, new)
    assert add(paper, team.anna, new) == added
    assert (AddedSynapse.objects.count(), Revision.objects.count()) == (1, 1)
    with pytest.raises(ConflictError, match="already"):
        add(paper, team.anna, seen(FAR, key=new.key, last_z=705))
    with pytest.raises(InvalidInputError, match="key: it was used"):
        add(paper, team.ben, new)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"position": Point(1024, 5, 5), "first_z": 5, "last_z": 5}, "position: .* outside"),
        ({"first_z": 702, "last_z": 701}, "z1: the first slice"),
        ({"first_z": 701}, "position: its slice, 700, is none of 701 to 701"),
        ({"last_z": 1030}, "z2: .* outside of the image"),
        ({"first_z": 10}, "z1: 10 is more than"),
        ({"pre": Point(-1, 5, 5)}, "pre: .* outside of the image"),
        ({"post": Point(5, 5, 1024)}, "post: .* outside of the image"),
        ({"mark": uuid.UUID(int=5)}, "mark: there is no such mark"),
    ],
)
def test_what_cannot_be_is_refused_by_name(
    paper: Campaign, team: Team, changes: dict[str, Any], sentence: str
) -> None:
    position = changes.pop("position", FAR)
    with pytest.raises(Exception, match=sentence) as refused:
        add(paper, team.anna, seen(position, **changes))
    assert refused.value.field == sentence.split(":", maxsplit=1)[0]  # type: ignore[attr-defined]
    assert not AddedSynapse.objects.exists()
    assert not SynapseTable.objects.filter(name__startswith="Missed").exists()


def test_what_is_withdrawn_is_kept_and_in_nothing(paper: Campaign, team: Team) -> None:
    now = timezone.now()
    annas, bens = add(paper, team.anna, seen(FAR)), add(paper, team.ben, seen(Point(9, 9, 9)))
    with pytest.raises(ForbiddenError):
        withdraw_synapse(paper, bens.pk, team.anna, now)
    withdraw_synapse(paper, annas.pk, team.anna, now)
    withdraw_synapse(paper, bens.pk, team.manager, now)
    withdraw_synapse(paper, bens.pk, team.manager, now)
    assert [one.added for one in outcomes(paper) if one.added is not None] == []
    assert near(paper, FAR) == []
    assert not Revision.objects.filter(wanted=True).exists()
    assert AddedSynapse.objects.filter(withdrawn_at=now).count() == 2
    entries = AuditEntry.objects.filter(action__contains="synapse_").order_by("pk")
    assert [(one.actor, words(one.action), one.details["added_synapse"]) for one in entries] == [
        (team.anna, "Synapse added", 1),
        (team.ben, "Synapse added", 2),
        (team.anna, "Added synapse withdrawn", 1),
        (team.manager, "Added synapse withdrawn", 2),
    ]
    assert [name for name, _ in facts(entries[0].details)] == ["added synapse", "revision"]
    once_more = add(paper, team.anna, seen(FAR))
    assert once_more.instance.source_id == 2, "a number is used once"


def test_who_rests_and_what_is_over_adds_nothing(paper: Campaign, team: Team) -> None:
    Membership.objects.filter(user=team.anna).update(paused_at=timezone.now())
    with pytest.raises(ConflictError, match="paused your work"):
        add(paper, team.anna, seen(FAR))
    Campaign.objects.update(status=Campaign.Status.CLOSED)
    added = add(paper, team.ben, seen(FAR))
    Campaign.objects.update(status=Campaign.Status.ARCHIVED)
    with pytest.raises(ConflictError, match="not open"):
        add(paper, team.ben, seen(Point(9, 9, 9)))
    paper.refresh_from_db()
    with pytest.raises(ConflictError, match="archived"):
        withdraw_synapse(paper, added.pk, team.manager, timezone.now())
    with pytest.raises(ConflictError, match="archived"):
        dismiss_mark(paper, uuid.uuid4(), team.manager, "", timezone.now())
    added.refresh_from_db()
    assert added.withdrawn_at is None


def test_the_note_of_what_was_added_is_told_as_on_the_list(paper: Campaign, team: Team) -> None:
    added = add(paper, team.anna, seen(FAR, note="a shaft synapse"))
    revision = Revision.objects.get(added=added)
    notes = {user: why_it_came(paper, revision, user).note for user in roles_of(team)}
    assert notes == {team.anna: "a shaft synapse", team.manager: "a shaft synapse", team.ben: ""}


def test_newcomers_pass_the_training_before_they_add(paper: Campaign, team: Team) -> None:
    Campaign.objects.update(needs_training=True)
    with pytest.raises(ConflictError, match="training"):
        add(paper, team.anna, seen(FAR))
    Membership.objects.filter(user=team.anna).update(qualified_at=timezone.now())
    assert add(paper, team.anna, seen(FAR)).pk


def test_the_table_of_what_was_missed_can_be_judged_later(paper: Campaign, team: Team) -> None:
    for x in (300, 500, 700):
        add(paper, team.anna, seen(Point(x, 700, 700)))
    gone = add(paper, team.anna, seen(Point(900, 700, 700)))
    withdraw_synapse(paper, gone.pk, team.anna, timezone.now())
    table = find_table("On paper", "Missed in On paper")
    assert count_instances(table, Selection()).number == 3
    later = open_campaign("Second look", table, roles_of(team), page_size=6)
    make_pages(later.pk)
    let_people_in(later.pk)
    later.refresh_from_db()
    assert later.status == Campaign.Status.OPEN
    assert [item.instance.source_id for item in later.items.order_by("position")] == [0, 1, 2]
    assert [one.instance.center.x for one in outcomes(later)] == [300, 500, 700]


def test_what_was_added_in_another_campaign_on_the_table_is_near_too(
    paper: Campaign, team: Team
) -> None:
    beside = open_campaign("Beside", paper.table, roles_of(team), page_size=6)
    make_pages(beside.pk)
    let_people_in(beside.pk)
    first = add(paper, team.anna, seen(FAR))
    with pytest.raises(NearError) as refused:
        add(beside, team.anna, seen(FAR))
    assert shown_by(refused.value) == [(str(first.instance_id), "added", [*FAR])]
    second = add(beside, team.anna, seen(FAR, despite=frozenset([first.instance_id])))
    assert [one.id for one in near(paper, FAR)] == [first.instance_id, second.instance_id]
    withdraw_synapse(paper, first.pk, team.anna, timezone.now())
    assert [one.id for one in near(beside, FAR)] == [second.instance_id]


def test_the_table_of_what_was_missed_is_no_version_of_a_file(
    paper: Campaign, team: Team, tmp_path: Path
) -> None:
    add(paper, team.anna, seen(FAR))
    table = find_table("On paper", "Missed in On paper")
    with pytest.raises(ConflictError, match="the campaign On paper has it"):
        delete_table(table)
    with pytest.raises(ConflictError, match="the campaign On paper has its tables"):
        delete_dataset(table.dataset)
    assert find_table("On paper") == paper.table, "the only one that was loaded"
    assert table_names(table.dataset) == [paper.table.name]
    with pytest.raises(InvalidInputError, match="add synapses one by one"):
        load_table(table.dataset, TableInput(tmp_path / "any.csv", name=table.name))


def test_the_partners_of_an_added_synapse_are_read_from_the_neurons(
    mended: Campaign, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = mended.items.filter(instance__pre_root_id__isnull=False).first()
    assert known is not None
    instance = known.instance
    assert instance.pre_pt is not None
    shown = frozenset(one.id for one in near(mended, instance.center))
    points = {"pre": instance.pre_pt, "post": instance.post_pt}
    added = add(mended, team.anna, seen(instance.center, despite=shown, **points))
    assert find_partners(added.pk, timezone.now())
    added.instance.refresh_from_db()
    found = (added.instance.pre_root_id, added.instance.post_root_id)
    assert found == (instance.pre_root_id, instance.post_root_id)
    assert not find_partners(added.pk, timezone.now()), "it is done"


def test_partners_that_cannot_be_read_or_whose_job_was_lost_are_read_later(
    mended: Campaign, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(*_: Any) -> Any:
        raise PlaceUnreadableError("The volume does not answer.", 5)

    monkeypatch.setattr(additions_partners, "segment_at", silent)
    now = timezone.now()
    (center, *_) = (item.instance.center for item in mended.items.order_by("position"))
    shown = frozenset(one.id for one in near(mended, center))
    without_points = add(mended, team.anna, seen(center, despite=shown))
    shown |= {without_points.instance_id}
    added = add_synapse(mended, team.anna, seen(center, despite=shown, pre=center), now)
    sent = list[int]()
    monkeypatch.setattr(sweeping, "enqueue", lambda _, added_id: sent.append(added_id))
    assert resume_checks(now) == 0  # its job may still be at it
    for attempt in range(MOST_ATTEMPTS):
        now += timedelta(minutes=5)
        assert resume_checks(now) == 1
        assert not find_partners(added.pk, now)
        assert resume_checks(now) == 0
        added.refresh_from_db()
        assert (added.attempts, added.problem) == (attempt + 1, "The volume does not answer.")
    assert (sent, added.retry_at) == ([added.pk] * MOST_ATTEMPTS, None), "it is given up"


@pytest.mark.django_db(transaction=True)
def test_of_eight_people_at_once_no_two_add_the_same_or_get_one_number(tmp_path: Path) -> None:
    """Each adds 20 synapses of their own, and all of them come upon the same five besides."""
    team = make_team()
    others = [User.objects.create(username=f"person{n}") for n in range(5)]
    people = [team.manager, team.anna, team.ben, *others]
    roles = dict.fromkeys(people, ROLE.ANNOTATOR) | {team.manager: ROLE.MANAGER}
    paper = paper_campaign(tmp_path, roles, instances=6)
    RevisionSettings.objects.filter(campaign=paper).delete()  # two may make it at once
    told = list[int]()

    def work(number: int, user: User) -> None:
        own = [Point(50 + 45 * n, 400, 100 * number + 90) for n in range(20)]
        for place in own:
            add(paper, user, seen(place))
        for n in range(5):
            try:
                add(paper, user, seen(Point(50 + 100 * n, 900, 900 + number)))
            except NearError as error:
                told.append(len(shown_by(error)))

    at_once([partial(work, number, user) for number, user in enumerate(people)])
    table = find_table("On paper", "Missed in On paper")
    numbers = list(table.instances.order_by("source_id").values_list("source_id", flat=True))
    assert numbers == list(range(8 * 20 + 5))
    assert table.row_count == len(numbers)
    assert told == [1] * (7 * 5), "whoever came later was shown the one that was there"
    assert {one.added_by_id for one in AddedSynapse.objects.all()} >= {one.pk for one in people}
