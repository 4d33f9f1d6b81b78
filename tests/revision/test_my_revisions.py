"""What somebody mended: they see it, open again what they finished by mistake, and learn nothing of
others by it."""

from __future__ import annotations

import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.campaigns.models import AuditEntry, Campaign, Membership
from apps.core.errors import ConflictError, NotFoundError
from apps.proofreading.domain import Label
from apps.revision.domain import Decision
from apps.revision.models import Revision, RevisionLease
from apps.revision.selectors.mine import described, leases_of
from apps.revision.services.finishing import finish, release, reopen, withdraw
from apps.revision.services.gathering import gather_all
from apps.revision.services.leasing import hold_for_write
from apps.revision.services.reopening import reopen_own
from apps.revision.services.settings import change_settings
from tests.revision.test_leasing import cost_of
from tests.support.drawing import Reviser, revise
from tests.support.people import Team
from tests.support.revisions import settle_as, take_revision, to_mend
from tests.support.work import client_of, post

pytestmark = pytest.mark.django_db


@pytest.fixture
def paper(tmp_path: Path, team: Team) -> Campaign:
    return to_mend(tmp_path, team)


def finished(campaign: Campaign, user: User, note: str = "") -> RevisionLease:
    lease = take_revision(campaign, user)
    finish(lease, Decision.MENDED, note, timezone.now())
    return lease


def states_of(campaign: Campaign, user: User) -> list[str]:
    return [one.state.value for one in described(leases_of(campaign, user))]


def test_who_finished_by_mistake_has_it_in_hand_again(paper: Campaign, team: Team) -> None:
    first = finished(paper, team.anna, "thin")
    for _ in range(2):  # a second press is harmless
        reopen_own(paper, first.revision_id, team.anna, timezone.now())
    again = take_revision(paper, team.anna)
    assert again.pk != first.pk
    assert again.revision_id == first.revision_id, "nobody else was handed it in between"
    assert (again.revision.decision, again.revision.finished_at) == ("", None)
    entries = AuditEntry.objects.filter(action__startswith="revision_").order_by("pk")
    assert [(one.actor, one.action) for one in entries] == [
        (team.anna, "revision_finished"),
        (team.anna, "revision_reopened"),
    ]
    done, undone = (entry.details for entry in entries)
    assert done["decision"] == undone["decision"] == "mended"
    assert (undone["note"], undone["person"]) == ("thin", "anna")
    item = first.revision.item
    assert item is not None
    named = (item.position + 1, str(item.instance.source_id))  # as on every page
    assert (done["synapse"], done["id"]) == (undone["synapse"], undone["id"]) == named
    assert states_of(paper, team.anna) == ["held"], "it is listed once"


def test_the_one_in_hand_is_laid_down_for_the_one_that_is_opened_again(
    paper: Campaign, team: Team
) -> None:
    first = finished(paper, team.anna)
    second = take_revision(paper, team.anna)
    reopen_own(paper, first.revision_id, team.anna, timezone.now())
    held = Revision.objects.filter(held_until__gt=timezone.now())
    assert [one.pk for one in held] == [first.revision_id]
    assert take_revision(paper, team.ben).revision_id == second.revision_id


def refused(campaign: Campaign, revision_id: int, user: User) -> str:
    with pytest.raises(ConflictError) as error:
        reopen_own(campaign, revision_id, user, timezone.now())
    return str(error.value)


def page_of_mine(campaign: Campaign, user: User) -> str:
    answer = client_of(user).get(f"/campaigns/{campaign.pk}/revisions/mine/")
    return " ".join(answer.content.decode().split())


def test_nobody_undoes_what_others_decided_since(paper: Campaign, team: Team) -> None:
    anna = finished(paper, team.anna)
    reopen(paper, anna.revision_id, team.manager, timezone.now())
    assert states_of(paper, team.anna) == ["reopened"]
    assert "opened again already" in refused(paper, anna.revision_id, team.anna)
    assert "Ask for it" in (page := page_of_mine(paper, team.anna))
    assert "waits for whoever asks next" in page
    ben = take_revision(paper, team.ben)
    assert ben.revision_id == anna.revision_id
    assert "Somebody else was handed" in refused(paper, anna.revision_id, team.anna)
    finish(ben, Decision.FINE, "", timezone.now())
    assert "Somebody else was handed" in refused(paper, anna.revision_id, team.anna)
    [mine] = described(leases_of(paper, team.anna))
    assert "in the hands of others" in (page := page_of_mine(paper, team.anna))
    assert "Ask for it" not in page
    assert (mine.state.value, mine.decision, mine.note) == ("reopened", "", ""), "nothing of ben's"
    assert Revision.objects.get(pk=anna.revision_id).decision == "fine"


def test_an_experts_word_stands(paper: Campaign, team: Team) -> None:
    lease = finished(paper, team.anna)
    later, item = timezone.now() + timedelta(seconds=1), lease.revision.item
    assert item is not None
    settle_as(item, Label.INCORRECT, by_expert=True, settled_at=later)
    assert "An expert has decided" in refused(paper, lease.revision_id, team.anna)
    settle_as(item, Label.CORRECT, by_expert=True, settled_at=later)
    gather_all()
    assert "need not be mended" in refused(paper, lease.revision_id, team.anna)


def test_not_while_it_rests_or_once_it_is_over(paper: Campaign, team: Team) -> None:
    lease = finished(paper, team.anna)
    change_settings(paper, {"is_paused": True}, team.manager, timezone.now())
    assert "paused" in refused(paper, lease.revision_id, team.anna)
    change_settings(paper, {"is_paused": False}, team.manager, timezone.now())
    Membership.objects.filter(user=team.anna).update(paused_at=timezone.now())
    assert "paused your work" in refused(paper, lease.revision_id, team.anna)
    Membership.objects.filter(user=team.anna).update(paused_at=None)
    Campaign.objects.update(status=Campaign.Status.ARCHIVED)
    assert "not open" in refused(paper, lease.revision_id, team.anna)
    assert Revision.objects.get(pk=lease.revision_id).decision == "mended"


def test_ids_that_one_was_never_handed_tell_nothing(paper: Campaign, team: Team) -> None:
    lease = finished(paper, team.anna)
    for revision_id in (lease.revision_id, 10**9):
        with pytest.raises(NotFoundError, match=f"has no revision {revision_id}"):
            reopen_own(paper, revision_id, team.ben, timezone.now())


def test_each_is_listed_as_it_stands(paper: Campaign, team: Team) -> None:
    put_back = take_revision(paper, team.anna)
    release(put_back, "too thin for me", timezone.now())
    withdrawn = take_revision(paper, team.anna)
    assert withdrawn.revision_id != put_back.revision_id
    withdraw(paper, withdrawn.revision_id, team.manager, timezone.now())
    assert states_of(paper, team.anna) == ["taken_back", "put_back"]
    assert "Ask for it" in page_of_mine(paper, team.anna)
    Revision.objects.filter(pk=put_back.revision_id).update(wanted=False)
    assert "Ask for it" not in page_of_mine(paper, team.anna)
    Revision.objects.filter(pk=put_back.revision_id).update(wanted=True)
    assert states_of(paper, team.ben) == []
    late = take_revision(paper, team.ben)
    Revision.objects.filter(pk=late.revision_id).update(held_until=timezone.now())
    assert states_of(paper, team.ben) == ["held"], "they can still go on"
    take_revision(paper, team.manager, late.revision_id)
    assert states_of(paper, team.ben) == ["lapsed"]
    Membership.objects.filter(user=team.anna).update(role=Membership.Role.VIEWER)
    assert states_of(paper, team.anna) == []


def test_over_http(anna: Reviser, mended: Campaign, team: Team) -> None:
    """She sees what she drew while nobody else was handed it."""
    z = anna.zs[2]
    anna.draw(anna.drawn(z))
    anna.send("finish", {"decision": "mended", "note": "as it should be"})
    one = f"/api/campaigns/{mended.pk}/revisions"
    revision_id = anna.lease.revision_id
    [listed] = told(anna.client, f"{one}/mine")
    assert (listed["id"], listed["number"], listed["state"]) == (revision_id, 1, "finished")
    assert (listed["decision"], listed["note"]) == ("mended", "as it should be")
    easel = anna.client.get(f"/api/revisions/{listed['token']}/easel").json()
    assert [at["z"] for at in easel["slices"] if at["number"]] == [z]
    page = f"/campaigns/{mended.pk}/revisions/mine/"
    assert f"{page}{revision_id}/" in anna.client.get(page).content.decode()
    assert page in anna.client.get("/").content.decode()
    assert page not in client_of(team.ben).get("/").content.decode(), "he was handed none"
    shown = anna.client.get(f"{page}{revision_id}/")
    assert f"/api/revisions/{listed['token']}/picture" in shown.content.decode()
    ben = client_of(team.ben)
    assert ben.get(f"{page}{revision_id}/").status_code == 404
    assert "Nothing was handed to you" in ben.get(page).content.decode()
    assert post(ben, listed["reopen"], {}).status_code == 404
    assert post(anna.client, listed["reopen"], {}).json() == {"changed": True}
    [listed] = told(anna.client, f"{one}/mine")
    assert (listed["state"], listed["reopen"]) == ("held", None)
    withdraw(mended, revision_id, team.manager, timezone.now())
    [listed] = told(anna.client, f"{one}/mine")
    assert (listed["state"], listed["token"]) == ("taken_back", None)
    assert anna.client.get(f"{page}{revision_id}/").status_code == 404


READ = ("easel", "picture", "versions", "markers", "proposals", "neuroglancer")


def test_what_others_draw_after_somebody_is_theirs_alone(
    anna: Reviser, mended: Campaign, team: Team
) -> None:
    """Her address shows her instance until somebody else is handed it, and then why not."""
    revision_id, z = anna.lease.revision_id, anna.zs[2]
    anna.draw(anna.drawn(z))
    key = str(uuid.uuid4())
    asked = {"key": key, "method": "classical", "reach": 0}
    anna.send("proposals", asked)
    Revision.objects.filter(pk=revision_id).update(held_until=timezone.now())
    for what in READ:
        assert anna.client.get(f"{anna.address}/{what}").status_code == 200, "nobody came after her"
    ben = revise(mended, team.ben, revision_id)
    ben.draw(ben.drawn(z, 1, runs=ben.square(1, 1, 3)))
    theirs = "You hold this instance no longer: somebody else has it now."
    for what in READ:
        assert anna.get(what, 409)["error"]["sentence"] == theirs, what
    assert anna.send("proposals", asked, 409)["error"]["code"] == "stale_lease"
    assert anna.get("details")["voxel_nm"], "the table's own"
    ben.send("finish", {"decision": "mended"})
    assert anna.get("easel", 409)["error"]["code"] == "stale_lease"
    assert ben.look()["slices"], "who finished it sees it"
    reopen(mended, revision_id, team.manager, timezone.now())
    told = ben.get("easel", 409)["error"]
    assert (told["code"], told["sentence"]) == (
        "stale_lease",
        "You hold this instance no longer: you have finished with it.",
    )


def told(client: Any, address: str) -> list[dict[str, Any]]:
    answer = client.get(address)
    assert answer.status_code == 200, answer.content
    results: list[dict[str, Any]] = answer.json()["results"]
    return results


def test_the_list_costs_what_one_costs(tmp_path: Path, team: Team) -> None:
    """However many there are."""
    costs = []
    for count in (1, 4):
        paper = to_mend(tmp_path / str(count), team, count=count, name=f"Of {count}")
        for _ in range(count):
            finished(paper, team.anna)
        client = client_of(team.anna)
        costs.append(
            [
                cost_of(lambda at=at, client=client: client.get(at))  # type: ignore[misc]
                for at in (
                    f"/api/campaigns/{paper.pk}/revisions/mine",
                    f"/campaigns/{paper.pk}/revisions/mine/",
                )
            ]
        )
    assert costs[0] == costs[1]
    assert costs[0][0] <= 5


def test_a_lease_that_was_finished_holds_no_more_after_it_is_opened_again(
    paper: Campaign, team: Team
) -> None:
    """What an old tab sends comes late."""
    old = finished(paper, team.anna)
    reopen_own(paper, old.revision_id, team.anna, timezone.now())
    with transaction.atomic():
        assert not hold_for_write(old, timezone.now()).holds
