"""What becomes of every instance: the verdicts, what was mended, and which of them counts."""

from __future__ import annotations

import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.models import User
from apps.campaigns.models import AuditEntry, Campaign, Membership
from apps.datasets.models import Instance
from apps.proofreading.domain import Label
from apps.proofreading.services.settling import count_submitted
from apps.revision.api import outcomes as api
from apps.revision.domain import Decision
from apps.revision.domain.outcomes import Decided, Final, FinalState, final_of
from apps.revision.models import AddedSynapse, MarkerCheck, Revision
from apps.revision.selectors import Outcome, masks_of, outcomes
from apps.revision.selectors.outcome_parts import Touched, touched_in
from apps.revision.selectors.outcome_reading import After, outcomes_after
from apps.revision.services.finishing import finish
from apps.revision.services.gathering import Gathered, gather_all
from apps.voxels.geometry import Point
from tests.proofreading.test_cards_discards import BAD_FIT, FALSE, U, discard, says
from tests.revision.drawing import draw, set_point
from tests.support.paper import paper_campaign
from tests.support.people import Team
from tests.support.revisions import settle_as, take_revision
from tests.support.work import client_of

pytestmark = pytest.mark.django_db

ROLE = Membership.Role


def roles_of(team: Team) -> dict[User, Membership.Role]:
    return {team.manager: ROLE.MANAGER, team.anna: ROLE.ANNOTATOR, team.ben: ROLE.ANNOTATOR}


@pytest.fixture
def paper(tmp_path: Path, team: Team) -> Campaign:
    return paper_campaign(tmp_path, roles_of(team), instances=6)


def told(campaign: Campaign) -> list[tuple[str, str | None, tuple[str, ...]]]:
    """In their order: state, label and categories."""
    finals = [one.final for one in outcomes(campaign)]
    return [(final.state.value, final.label, final.categories) for final in finals]


def only(campaign: Campaign, position: int) -> Outcome:
    [found] = [one for one in outcomes(campaign) if one.item and one.item.position == position]
    return found


def revise(
    campaign: Campaign, user: User, position: int, decision: Decision, note: str = ""
) -> None:
    revision = Revision.objects.get(campaign=campaign, item__position=position)
    lease = take_revision(campaign, user, revision.pk)
    finish(lease, decision, note, timezone.now())


def test_what_the_verdicts_come_to(paper: Campaign, team: Team) -> None:
    assert told(paper) == [("unjudged", None, ())] * 6
    says(paper, team.anna, {1: BAD_FIT, 2: FALSE, 3: (U, ())})
    assert told(paper)[0] == ("waiting", "correct", ()), "nobody has counted it yet"
    count_submitted(timezone.now())
    discard(paper, team.anna, 1)
    assert told(paper) == [
        ("settled", "correct", ()),
        ("settled", "incorrect", ("badFit",)),
        ("discarded", "incorrect", ("falsePositive",)),
        ("disputed", "unsure", ()),
        *[("settled", "correct", ())] * 2,
    ]
    first = only(paper, 1)
    assert (first.judged.people, first.judged.votes, first.judged.p_correct) == (
        (team.anna.pk,),
        1,
        0.0,
    )
    assert (first.page_number, first.version, first.revision) == (1, paper.version, None)


def test_what_a_reviser_decides_is_the_last_word(paper: Campaign, team: Team) -> None:
    says(paper, team.anna, dict.fromkeys(range(5), BAD_FIT))
    count_submitted(timezone.now())
    gather_all()
    revise(paper, team.ben, 0, Decision.MENDED, "the edge was missing")
    revise(paper, team.ben, 1, Decision.FINE)
    revise(paper, team.manager, 2, Decision.NO_SYNAPSE)
    revise(paper, team.ben, 3, Decision.UNMENDABLE)
    assert told(paper)[:5] == [
        ("mended", "correct", ()),
        ("fine", "correct", ()),
        ("no_synapse", "incorrect", ("falsePositive",)),
        ("unmendable", "incorrect", ("badFit",)),
        ("settled", "incorrect", ("badFit",)),
    ]
    mended = only(paper, 0)
    assert mended.revised is not None
    assert (mended.revised.by, mended.revised.note) == (team.ben.pk, "the edge was missing")
    assert mended.judged.categories == ("badFit",), "what the verdicts said is told as well"


def test_what_is_settled_as_correct_afterwards_counts(paper: Campaign, team: Team) -> None:
    item = paper.items.get(position=0)
    settle_as(item, Label.INCORRECT)
    gather_all()
    revise(paper, team.ben, 0, Decision.NO_SYNAPSE)
    settle_as(item, Label.INCORRECT, votes=2)
    assert told(paper)[0][0] == "no_synapse", "it is the same that they say again"
    settle_as(item, Label.CORRECT, votes=3)
    assert told(paper)[0] == ("settled", "correct", ())


@pytest.mark.parametrize("decision", Decision)
def test_what_is_discarded_afterwards_is_so_whatever_was_decided(decision: Decision) -> None:
    judged = Final(FinalState.DISCARDED, Label.INCORRECT, ("falsePositive",))
    decided = Decided(decision, timezone.now())
    assert final_of(judged, decided.at + timedelta(seconds=1), decided) == judged
    before = final_of(judged, decided.at - timedelta(seconds=1), decided)
    assert before.state == FinalState(decision.value)


def test_a_discard_counts_if_it_came_after_the_decision(paper: Campaign, team: Team) -> None:
    says(paper, team.anna, {1: FALSE, 2: FALSE})
    count_submitted(timezone.now())
    gather_all()
    revise(paper, team.ben, 1, Decision.FINE)
    second = Revision.objects.get(item__position=2)
    lease = take_revision(paper, team.ben, second.pk)
    discard(paper, team.anna, 2)
    assert told(paper)[1] == ("discarded", "incorrect", ("falsePositive",))
    finish(lease, Decision.FINE, "", timezone.now())
    assert told(paper)[2] == ("fine", "correct", ()), "he has looked at it since"


def test_what_an_expert_says_afterwards_counts_and_is_mended_again(
    paper: Campaign, team: Team
) -> None:
    item = paper.items.get(position=0)
    settle_as(item, Label.INCORRECT)
    gather_all()
    revise(paper, team.ben, 0, Decision.FINE, "looks fine")
    settle_as(item, Label.INCORRECT, by_expert=True)
    assert told(paper)[0] == ("settled", "incorrect", ())
    assert gather_all() == Gathered(1, 0)
    assert gather_all() == Gathered(0, 0)
    audited = AuditEntry.objects.get(action="revision_reopened")
    assert (audited.actor, audited.details["note"]) == (None, "looks fine")
    revise(paper, team.ben, 0, Decision.MENDED)
    gather_all()
    assert told(paper)[0] == ("mended", "correct", ()), "who mends it knew what the expert said"


def test_the_latest_masks_and_points_hold_and_the_tables_before(
    paper: Campaign, team: Team
) -> None:
    for position in (0, 1, 2):
        settle_as(paper.items.get(position=position), Label.INCORRECT)
    lease = take_revision(paper, team.ben)
    draw(lease, 7, 1)
    latest = draw(lease, 7, 2)
    draw(lease, 7, 3, late=True)
    draw(lease, 5, 1)
    draw(lease, 6, 1)
    draw(lease, 6, 2, labels=None, voxels=0)
    set_point(lease, "pre", 1, 40)
    set_point(lease, "pre", 2, 50, origin="swapped")
    set_point(lease, "pre", 3, 60, late=True)
    set_point(lease, "post", 1, None, origin="reset")
    untouched = take_revision(paper, team.anna)
    draw(untouched, 7, 1)
    draw(untouched, 7, 2, labels=None, voxels=0)
    set_point(untouched, "pre", 1, 60, late=True)
    assert touched_in(paper.pk, 10) == Touched(drawn=1, with_points=1)
    found = only(paper, 0)
    assert [one.segment for one in (found.pre, found.post) if one] == [None], "nobody has looked"
    assert [(one.z, one.number, one.voxels) for one in found.drawn] == [(5, 1, 1), (7, 2, 2)]
    assert found.drawn[1].id == latest.pk
    assert {one.by for one in found.drawn} == {team.ben.pk}
    assert found.pre is not None
    assert (found.pre.voxel, found.pre.nm, found.pre.origin) == (
        Point(50, 50, 50),
        (50.0, 50.0, 50.0),
        "swapped",
    )
    assert found.pre.by == team.ben.pk
    assert found.post is None, "it was taken away"
    assert found.revised is None, "nobody has finished with it"
    other = only(paper, 1)
    instance = other.instance
    assert other.pre is not None
    assert (other.pre.voxel, other.pre.origin, other.pre.by) == (instance.pre_pt, "table", None)
    [(same, masks)] = masks_of(outcomes(paper))
    assert same.item == found.item
    assert [(one.z, one.labels.plane) for one in masks] == [
        (5, bytes([1, 0, 0, 0, 0, 0])),
        (7, bytes([1, 1, 0, 0, 0, 0])),
    ]
    assert tuple(masks[0].resolution) == (8.0, 8.0, 30.0)


def test_points_say_in_which_neuron_they_lie(paper: Campaign, team: Team) -> None:
    Instance.objects.update(pre_root_id=2**63 + 7, post_root_id=None)
    settle_as(paper.items.get(position=0), Label.INCORRECT)
    lease = take_revision(paper, team.ben)
    before = only(paper, 0)
    assert before.pre is not None
    assert before.post is not None
    assert (before.pre.segment, before.post.segment) == (2**63 + 7, None)
    MarkerCheck.objects.create(marker=set_point(lease, "pre", 1, 40), segment=2**64 - 2)
    MarkerCheck.objects.create(marker=set_point(lease, "post", 1, 50), segment=0)
    after = only(paper, 0)
    assert [one.segment for one in (after.pre, after.post) if one] == [2**64 - 2, 0]
    MarkerCheck.objects.create(marker=set_point(lease, "pre", 2, 40, origin="reset"), segment=None)
    again = only(paper, 0).pre
    assert again is not None
    assert again.segment == 2**63 + 7, "back at the table's point it is the table's neuron"


def add(campaign: Campaign, by: User, **more: object) -> AddedSynapse:
    """A synapse that the table missed: here one of its own rows stands for it."""
    taken = AddedSynapse.objects.values("instance")
    instances = Instance.objects.filter(table=campaign.table).exclude(pk__in=taken)
    return AddedSynapse.objects.create(
        key=uuid.uuid4(),
        campaign=campaign,
        instance=instances.earliest("pk"),
        first_z=1,
        last_z=2,
        added_by=by,
        added_at=timezone.now(),
        **more,
    )


def test_what_was_added_comes_after_the_items(paper: Campaign, team: Team) -> None:
    first = add(paper, team.anna, note="a shaft synapse")
    add(paper, team.ben, withdrawn_by=team.ben, withdrawn_at=timezone.now())
    second = add(paper, team.ben)
    revision = Revision.objects.create(campaign=paper, added=second, rank=0)
    lease = take_revision(paper, team.ben, revision.pk)
    draw(lease, 3, 1)
    finish(lease, Decision.MENDED, "", timezone.now())
    found = [*outcomes(paper)][6:]
    assert [(one.added, one.final.state, one.final.label) for one in found] == [
        (first.pk, FinalState.ADDED, Label.CORRECT),
        (second.pk, FinalState.MENDED, Label.CORRECT),
    ]
    assert (found[0].judged.people, found[0].judged.note) == ((team.anna.pk,), "a shaft synapse")
    assert found[0].item is None
    assert [one.z for one in found[1].drawn] == [3]
    assert touched_in(paper.pk, 10) == Touched(drawn=1, with_points=0)
    AddedSynapse.objects.update(withdrawn_by=team.ben, withdrawn_at=timezone.now())
    assert touched_in(paper.pk, 10) == Touched(0, 0)


def test_for_what_was_drawn_nobody_looks_where_nothing_was(paper: Campaign, team: Team) -> None:
    """However many were finished without."""
    for item in paper.items.all():
        settle_as(item, Label.INCORRECT)
    gather_all()
    for count in range(6):
        lease = take_revision(paper, team.ben)
        if count == 0:
            draw(lease, 3, 1)
        finish(lease, Decision.FINE, "", timezone.now())
    with CaptureQueriesContext(connection) as captured:
        assert touched_in(paper.pk, 10) == Touched(drawn=1, with_points=0)
    assert max(_times_read(query["sql"]) for query in captured) <= 2, "all, and that one again"


def _times_read(sql: str) -> int:
    """How often a statement looks for what was drawn or set, by its plan."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE revision_revision, revision_maskslice, revision_marker")
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}")
        return _loops(cursor.fetchone()[0][0]["Plan"])


def _loops(plan: dict[str, Any]) -> int:
    is_asked = plan.get("Relation Name") in ("revision_maskslice", "revision_marker")
    own: int = plan["Actual Loops"] if is_asked else 0
    return own + sum(_loops(one) for one in plan.get("Plans", []))


def test_gold_is_no_outcome(tmp_path: Path, team: Team) -> None:
    paper = paper_campaign(
        tmp_path, roles_of(team), instances=7, gold={3: Label.INCORRECT}, name="With gold"
    )
    for item in paper.items.all():
        settle_as(item, Label.INCORRECT)
    gold = paper.items.get(sheet=None)
    assert len(told(paper)) == 6
    assert gold not in [one.item for one in outcomes(paper)]


def test_parts_cost_the_same_however_many_there_are(tmp_path: Path, team: Team) -> None:
    """Three parts, in each of which something was mended, judged and discarded."""
    paper = paper_campaign(tmp_path, roles_of(team), instances=18, page_size=6, name="Three parts")
    costs = {}
    for page in range(3):
        says(paper, team.anna, {0: FALSE, 1: BAD_FIT, 2: BAD_FIT})
        count_submitted(timezone.now())
        discard(paper, team.anna, 1)
        gather_all()
        revision = Revision.objects.get(item__position=6 * page + 1)
        lease = take_revision(paper, team.ben, revision.pk)
        draw(lease, 3, 1)
        set_point(lease, "pre", 1, 4)
        finish(lease, Decision.MENDED, "", timezone.now())
    assert touched_in(paper.pk, 2) == Touched(2, 2), "no more are counted"
    paper = Campaign.objects.select_related("table").get(pk=paper.pk)
    for size in (6, 9, 18):
        with CaptureQueriesContext(connection) as captured:
            assert len([*outcomes(paper, a_part=size)]) == 18
        costs[size] = len(captured)
    per_part = costs[9] - costs[18]
    assert per_part <= 9
    # at the end it is looked for more items, and for what was added
    assert costs == {6: 3 * per_part + 2, 9: 2 * per_part + 2, 18: per_part + 2}


def test_it_goes_on_from_any_place(paper: Campaign, team: Team) -> None:
    add(paper, team.anna)
    add(paper, team.anna)
    seen, after = [], After()
    places: list[After | None] = []
    next_place: After | None = after
    while next_place is not None:
        part, next_place = outcomes_after(paper, next_place, 4)
        places.append(next_place)
        seen += part
    assert [one.instance for one in seen] == [one.instance for one in outcomes(paper)]
    assert places == [After(3), After(added=-1), None]


def test_nothing_is_later_than_a_decision_at_the_same_moment() -> None:
    now = timezone.now()
    judged = Final(FinalState.SETTLED, Label.CORRECT)
    mended = Decided(Decision.NO_SYNAPSE, now)
    assert final_of(judged, now, mended).state is FinalState.NO_SYNAPSE
    assert final_of(judged, now + timedelta(seconds=1), mended) == judged


def test_managers_and_viewers_are_told_part_by_part(
    paper: Campaign, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "A_PART", 4)
    says(paper, team.anna, {1: BAD_FIT})
    count_submitted(timezone.now())
    gather_all()
    lease = take_revision(paper, team.ben)
    draw(lease, 5, 3)
    set_point(lease, "pre", 1, 7)
    finish(lease, Decision.MENDED, "wider", timezone.now())
    added = add(paper, team.ben)
    manager, address = client_of(team.manager), f"/api/campaigns/{paper.pk}/outcomes"
    first = manager.get(address).json()
    assert [one["number"] for one in first["outcomes"]] == [1, 2, 3, 4]
    mended = first["outcomes"][1]
    assert (mended["state"], mended["label"], mended["judged"]["label"]) == (
        *("mended", "correct"),
        "incorrect",
    )
    assert (mended["judged"]["people"], mended["revised"]["person"]) == (["anna"], "ben")
    assert (mended["pre_pt"]["voxel"], mended["pre_pt"]["person"]) == ([7, 7, 7], "ben")
    assert [(one["z"], one["voxels"]) for one in mended["drawn"]] == [(5, 3)]
    second = manager.get(address, {"after": first["next"]}).json()
    assert [one["number"] for one in second["outcomes"]] == [5, 6, None]
    assert (second["outcomes"][2]["added"], second["next"]) == (added.pk, None)
    assert manager.get(address, {"after": "added-0"}).json()["outcomes"] == second["outcomes"][2:]
    for wrong in ("x", "item--1", "added-", "item-9999999999999999999"):
        refused = manager.get(address, {"after": wrong})
        assert (refused.status_code, refused.json()["error"]["field"]) == (400, "after")
    assert client_of(team.anna).get(address).status_code == 403
