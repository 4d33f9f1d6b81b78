"""Who sees results looks at what was drawn, by whom, and why it was put back; managers are told in
plain words how each instance stands."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.utils import timezone

from apps.campaigns.models import Campaign, Membership
from apps.campaigns.templatetags.managing import facts
from apps.core.templatetags.times import moment
from apps.revision.domain import Decision
from apps.revision.models import Revision, RevisionLease
from apps.revision.selectors.listing import RevisionState, revisions_of
from apps.revision.services.additions import NewSynapse, add_synapse, withdraw_synapse
from apps.revision.services.finishing import finish, release, reopen
from tests.support.drawing import Reviser
from tests.support.people import Team
from tests.support.revisions import take_revision
from tests.support.work import client_of

pytestmark = pytest.mark.django_db


def page_of(campaign: Campaign, user: Any, revision_id: int | None = None) -> str:
    one = "" if revision_id is None else f"{revision_id}/"
    answer = client_of(user).get(f"/campaigns/{campaign.pk}/revisions/{one}")
    assert answer.status_code == 200, answer.content
    return " ".join(answer.content.decode().split())


def test_managers_and_viewers_see_what_was_drawn(
    anna: Reviser, mended: Campaign, team: Team
) -> None:
    z = anna.zs[1]
    anna.draw(anna.drawn(z))
    anna.draw(anna.drawn(z, base=1, runs=anna.square(4, 4, 3)))
    revision_id = anna.lease.revision_id
    Membership.objects.create(campaign=mended, user=team.outsider, role=Membership.Role.VIEWER)
    for person in (team.manager, team.outsider):
        client = client_of(person)
        one = f"/api/campaigns/{mended.pk}/revisions/{revision_id}"
        assert client.get(f"{one}/easel").json() == anna.look()
        versions = client.get(f"{one}/versions?z={z}").json()["versions"]
        assert [(each["number"], each["by"]) for each in versions] == [
            (2, "anna"),
            (1, "anna"),
            (0, None),
        ]
        assert f"{one}/picture" in page_of(mended, person, revision_id)
        assert client.get(f"{one}/slices").status_code == 404, "there is nothing to draw with"
    assert client_of(team.ben).get(f"{one}/easel").status_code == 403
    assert client_of(team.manager).get(f"{one.rpartition('/')[0]}/0/easel").status_code == 404
    shown = Revision.objects.get(pk=revision_id)
    assert shown.lease == anna.lease, "looking takes nothing from who draws"


def test_viewers_find_what_was_drawn_in_a_list(mended: Campaign, team: Team) -> None:
    """As managers do, without what managers change there."""
    lease = take_revision(mended, team.anna)
    finish(lease, Decision.MENDED, "", timezone.now())
    Membership.objects.create(campaign=mended, user=team.outsider, role=Membership.Role.VIEWER)
    shown_at = f"/campaigns/{mended.pk}/revisions/{lease.revision_id}/"
    listed, managed = (page_of(mended, person) for person in (team.outsider, team.manager))
    assert shown_at in listed
    assert shown_at in managed
    for deed in ("data-api", "Reopen", ">Do<", f"/campaigns/{mended.pk}/manage/"):
        assert deed not in listed
        assert deed in managed
    one = page_of(mended, team.outsider, lease.revision_id)
    dashboard = client_of(team.outsider).get(f"/campaigns/{mended.pk}/dashboard/")
    way = f'href="/campaigns/{mended.pk}/revisions/"'
    assert way in one
    assert way in dashboard.content.decode()
    assert client_of(team.anna).get(f"/campaigns/{mended.pk}/revisions/").status_code == 403


def test_why_it_was_put_back_is_told(mended: Campaign, team: Team) -> None:
    lease = take_revision(mended, team.anna)
    release(lease, "the image is torn", timezone.now())
    finish(take_revision(mended, team.ben, None), Decision.FINE, "", timezone.now())
    listed = page_of(mended, team.manager)
    assert "put back by anna <b>the image is torn</b>" in listed
    assert "the image is torn" in page_of(mended, team.manager, lease.revision_id)


def states_of(campaign: Campaign) -> dict[int, str]:
    """Each as the list says it, which is as its filter does."""
    now = timezone.now()
    by_filter = {
        one.pk: state
        for state in RevisionState
        for one in revisions_of(campaign, {"state": state}, now)
    }
    by_row = {one.pk: RevisionState.of(one, now) for one in revisions_of(campaign, {}, now)}
    assert by_filter == by_row
    return {pk: state.value for pk, state in by_row.items()}


def added_by(campaign: Campaign, team: Team) -> RevisionLease:
    item = campaign.items.select_related("instance").order_by("position")[5]
    place = item.instance.center
    known = frozenset(campaign.items.values_list("instance", flat=True))
    new = NewSynapse(uuid.uuid4(), place, place.z, place.z, despite=known)
    added = add_synapse(campaign, team.anna, new, timezone.now())
    return take_revision(campaign, team.anna, added.revision.pk)


def test_what_is_withdrawn_or_not_needed_is_not_done(mended: Campaign, team: Team) -> None:
    lease = added_by(mended, team)
    finish(lease, Decision.MENDED, "", timezone.now())
    assert states_of(mended)[lease.revision_id] == "done"
    added = lease.revision.added
    assert added is not None
    withdraw_synapse(mended, added.pk, team.anna, timezone.now())
    other = take_revision(mended, team.ben)
    finish(other, Decision.FINE, "", timezone.now())
    Revision.objects.filter(pk=other.revision_id).update(wanted=False)
    assert states_of(mended)[lease.revision_id] == "withdrawn"
    assert states_of(mended)[other.revision_id] == "unwanted"
    listed = page_of(mended, team.manager)
    assert ">withdrawn</span>" in listed
    assert ">not needed</span>" in listed
    assert "it is in no result" in listed, "what it means is said below the table"
    assert ">unwanted<" not in listed


def test_what_was_left_open_is_told_apart_from_what_waits(mended: Campaign, team: Team) -> None:
    lease = take_revision(mended, team.anna)
    assert states_of(mended)[lease.revision_id] == "held"
    Revision.objects.filter(pk=lease.revision_id).update(held_until=timezone.now())
    assert sorted(states_of(mended).values()) == ["lapsed", "waiting"]
    assert ">left open</span>" in page_of(mended, team.manager)


def test_finishing_stands_in_the_record(mended: Campaign, team: Team) -> None:
    lease = take_revision(mended, team.anna)
    finish(lease, Decision.NO_SYNAPSE, "", timezone.now())
    answer = client_of(team.manager).get(f"/campaigns/{mended.pk}/manage/?show=record")
    told = " ".join(answer.content.decode().split())
    assert "Revision finished" in told
    assert "<b>no_synapse</b>" in told or "<b>no synapse</b>" in told
    assert f'href="/campaigns/{mended.pk}/revisions/{lease.revision_id}/"' in told
    reopen = f"/api/campaigns/{mended.pk}/revisions/{lease.revision_id}/reopen"
    assert reopen in page_of(mended, team.manager, lease.revision_id)
    finished_at = Revision.objects.get(pk=lease.revision_id).finished_at
    assert finished_at is not None
    assert client_of(team.manager).post(reopen).status_code == 200
    answer = client_of(team.manager).get(f"/campaigns/{mended.pk}/manage/?show=record")
    assert f"finished at <b>{moment(finished_at)}</b>" in answer.content.decode()


def test_a_note_that_looks_like_a_time_is_told_as_it_was_written(
    mended: Campaign, team: Team
) -> None:
    """In the record times alone are worded, and what is none spoils no page."""
    note = "2026-13-45T00:00:00+00:00"
    lease = take_revision(mended, team.anna)
    finish(lease, Decision.FINE, note, timezone.now())
    reopen(mended, lease.revision_id, team.manager, timezone.now())
    answer = client_of(team.manager).get(f"/campaigns/{mended.pk}/manage/?show=record")
    assert answer.status_code == 200
    assert f"note <b>{note}</b>" in answer.content.decode()
    at = "2026-02-03T04:05:06.789+00:00"
    told = facts({"note": at, "deadline": {"from": None, "to": at}, "finished_at": note})
    assert told == [
        (
            "deadline",
            'none → <time datetime="2026-02-03T04:05:06Z" data-told="moment">'
            "3 Feb 2026, 04:05 UTC</time>",
        ),
        ("finished at", note),
        ("note", at),
    ]


def test_neuroglancer_says_that_it_shows_what_was_there_before(anna: Reviser) -> None:
    assert anna.get("neuroglancer")["problems"] == []
    anna.draw(anna.drawn(anna.zs[1]))
    [told] = anna.get("neuroglancer")["problems"]
    assert "as its volume has it" in told["sentence"]
