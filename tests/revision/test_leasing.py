"""Who is handed what: one at a time, for a time, and fenced off from whoever held it before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.campaigns.models import AuditEntry, Campaign, Membership
from apps.core.errors import ConflictError, NotFoundError
from apps.proofreading.domain import Label
from apps.revision.domain import Decision
from apps.revision.domain.queue import WhyNone
from apps.revision.models import MaskSlice, Revision, RevisionLease
from apps.revision.selectors.queue import revision_lease_for
from apps.revision.services.finishing import finish, release, reopen, withdraw
from apps.revision.services.gathering import gather_all
from apps.revision.services.leasing import (
    Held,
    StaleRevisionError,
    hold_for_write,
    hold_or_refuse,
    lease_duration,
)
from apps.revision.services.settings import change_settings
from tests.revision.drawing import draw
from tests.support.people import Team
from tests.support.revisions import ask_revision, settle_as, take_revision, to_mend
from tests.support.work import client_of, post

pytestmark = pytest.mark.django_db

ROLE = Membership.Role
Ending = RevisionLease.Ending


@pytest.fixture
def paper(tmp_path: Path, team: Team) -> Campaign:
    return to_mend(tmp_path, team)


def held(lease: RevisionLease, **later: float) -> Held:
    with transaction.atomic():
        return hold_for_write(lease, timezone.now() + timedelta(**later))


def test_one_at_a_time_and_none_to_two(paper: Campaign, team: Team) -> None:
    anna, ben = take_revision(paper, team.anna), take_revision(paper, team.ben)
    assert anna.revision != ben.revision
    assert take_revision(paper, team.anna) == anna, "what she holds, she is handed again"
    assert ask_revision(paper, team.manager).why is WhyNone.ALL_HELD
    for person in (team.anna, team.ben):
        finish(take_revision(paper, person), Decision.FINE, "", timezone.now())
    handout = ask_revision(paper, team.anna)
    assert (handout.lease, handout.why) == (None, WhyNone.NONE_LEFT)
    assert handout.sentence


def test_outsiders_and_viewers_get_nothing(paper: Campaign, team: Team) -> None:
    with pytest.raises(NotFoundError):
        ask_revision(paper, team.outsider)
    lease = take_revision(paper, team.anna)
    with pytest.raises(NotFoundError):
        revision_lease_for(team.ben, lease.token)
    assert revision_lease_for(team.anna, lease.token) == lease
    Membership.objects.filter(user=team.anna).update(role=ROLE.VIEWER)
    with pytest.raises(NotFoundError, match="no such lease"):
        revision_lease_for(team.anna, lease.token)
    Membership.objects.filter(user=team.anna).delete()
    with pytest.raises(NotFoundError, match="no such lease"):
        revision_lease_for(team.anna, lease.token)


def test_a_lease_that_ran_out_holds_until_somebody_else_is_handed_it(
    paper: Campaign, team: Team
) -> None:
    anna = take_revision(paper, team.anna)
    finish(take_revision(paper, team.ben), Decision.FINE, "", timezone.now())
    Revision.objects.filter(pk=anna.revision_id).update(held_until=timezone.now())
    until = held(anna).expires_at
    assert until is not None, "nobody else has asked"
    assert until > timezone.now()
    Revision.objects.filter(pk=anna.revision_id).update(held_until=timezone.now())
    ben = take_revision(paper, team.ben)
    assert ben.revision == anna.revision
    late = held(anna)
    assert (late.holds, late.why) == (
        False,
        "You hold this instance no longer: somebody else has it now.",
    )
    anna.refresh_from_db()
    assert anna.ending == Ending.EXPIRED
    assert held(ben).holds
    with pytest.raises(StaleRevisionError), transaction.atomic():
        hold_or_refuse(anna, timezone.now())
    with pytest.raises(StaleRevisionError):
        finish(anna, Decision.MENDED, "", timezone.now())
    assert held(ben).holds, "what anna sent has changed nothing"


def test_a_write_holds_it_for_as_long_again(paper: Campaign, team: Team) -> None:
    lease = take_revision(paper, team.anna)
    now = timezone.now()
    with transaction.atomic():
        assert hold_for_write(lease, now + timedelta(hours=1)).expires_at == (
            now + timedelta(hours=1) + lease_duration()
        )


def test_what_is_finished_is_final_and_said_twice_is_said_once(paper: Campaign, team: Team) -> None:
    lease, now = take_revision(paper, team.anna), timezone.now()
    for _ in range(2):
        finish(lease, Decision.MENDED, "wider", now)
    with pytest.raises(ConflictError, match="as 'mended' already"):
        finish(lease, Decision.FINE, "", now)
    assert held(lease).why == "You hold this instance no longer: you have finished with it."
    revision = Revision.objects.get(pk=lease.revision_id)
    assert (revision.decision, revision.note, revision.held_until) == ("mended", "wider", None)
    assert take_revision(paper, team.anna).revision != revision
    taken = ask_revision(paper, team.ben, revision.pk)
    assert (taken.why, taken.sentence) == (
        WhyNone.TAKEN,
        "This instance is finished. Who finished it can open it again under “My revisions”, a "
        "manager in any case.",
    )


def test_what_somebody_put_back_comes_to_others_first(paper: Campaign, team: Team) -> None:
    first = take_revision(paper, team.anna)
    draw(first, 3, 2)
    for _ in range(2):
        release(first, "too dark", timezone.now())
    first.refresh_from_db()
    assert (first.ending, first.reason) == (Ending.RELEASED, "too dark")
    assert not held(first).holds
    second = take_revision(paper, team.anna)
    assert second.revision != first.revision
    assert take_revision(paper, team.ben).revision == first.revision
    assert MaskSlice.objects.get().revision == first.revision, "what she drew stays"
    for lease in RevisionLease.objects.filter(ended_at=None).select_related("revision__campaign"):
        release(lease, "", timezone.now())
    again = {take_revision(paper, team.anna).revision, take_revision(paper, team.ben).revision}
    assert again == {first.revision, second.revision}, "nothing is left lying"


def test_a_manager_takes_it_back_and_opens_it_again(paper: Campaign, team: Team) -> None:
    anna, now = take_revision(paper, team.anna), timezone.now()
    pk = anna.revision_id
    with pytest.raises(ConflictError, match="not finished"):
        reopen(paper, pk, team.manager, now)
    withdraw(paper, pk, team.manager, now)
    assert held(anna).why == "You hold this instance no longer: a manager has taken it back."
    with pytest.raises(ConflictError, match="Nobody holds"):
        withdraw(paper, pk, team.manager, now)
    ben = take_revision(paper, team.ben, pk)
    finish(ben, Decision.NO_SYNAPSE, "a fold", now)
    reopen(paper, pk, team.manager, now)
    assert not held(ben).holds, "not even who had finished it writes to it now"
    revision = Revision.objects.get(pk=pk)
    assert (revision.decision, revision.note, revision.finished_at) == ("", "", None)
    entry = AuditEntry.objects.filter(action="revision_reopened").get()
    told = (entry.details["decision"], entry.details["note"], entry.details["person"])
    assert told == ("no_synapse", "a fold", "ben")
    assert take_revision(paper, team.anna, pk).revision == revision
    for deed in (withdraw, reopen):
        with pytest.raises(NotFoundError):
            deed(paper, 10**9, team.manager, now)


def test_a_label_that_changes_takes_nothing_from_who_is_drawing(
    paper: Campaign, team: Team
) -> None:
    lease = take_revision(paper, team.anna)
    draw(lease, 3, 2)
    assert lease.revision.item is not None
    settle_as(lease.revision.item, Label.CORRECT)
    gather_all()
    lease.revision.refresh_from_db()
    assert not lease.revision.wanted
    assert held(lease).holds
    release(lease, "", timezone.now())
    assert ask_revision(paper, team.ben, lease.revision_id).why is WhyNone.TAKEN
    assert take_revision(paper, team.ben).revision != lease.revision
    assert MaskSlice.objects.filter(revision=lease.revision).count() == 1
    settle_as(lease.revision.item, Label.UNSURE)
    gather_all()
    again = take_revision(paper, team.anna, lease.revision_id)
    assert MaskSlice.objects.filter(revision=again.revision).count() == 1


def test_while_it_rests_who_holds_something_goes_on(paper: Campaign, team: Team) -> None:
    lease, now = take_revision(paper, team.anna), timezone.now()
    change_settings(paper, {"is_paused": True, "depth": 16}, team.manager, now)
    assert AuditEntry.objects.get(action="revision_settings_changed").details == {
        "is_paused": {"from": False, "to": True}
    }
    assert ask_revision(paper, team.ben).why is WhyNone.PAUSED
    assert take_revision(paper, team.anna) == lease
    assert held(lease).holds
    change_settings(paper, {"is_paused": False}, team.manager, now)
    Membership.objects.filter(user=team.ben).update(paused_at=now)
    rests = ask_revision(paper, team.ben)
    assert (rests.why, rests.sentence) == (
        WhyNone.PAUSED,
        "A manager has paused your work in this campaign.",
    )


def test_an_archived_campaign_is_as_it_is(paper: Campaign, team: Team) -> None:
    lease = take_revision(paper, team.anna)
    Campaign.objects.update(status="closed")
    assert held(lease).holds
    Campaign.objects.update(status="archived")
    paper.refresh_from_db()
    assert held(lease).why == "The campaign is archived; nothing is mended in it any more."
    assert ask_revision(paper, team.anna).why is WhyNone.NOT_YET
    assert revision_lease_for(team.anna, lease.token) == lease, "she sees what she drew"


def test_managers_change_nothing_of_an_archived_campaign(paper: Campaign, team: Team) -> None:
    lease, now = take_revision(paper, team.anna), timezone.now()
    done = take_revision(paper, team.ben)
    finish(done, Decision.FINE, "", now)
    Campaign.objects.update(status="archived")
    paper.refresh_from_db()
    with pytest.raises(ConflictError, match="archived"):
        withdraw(paper, lease.revision_id, team.manager, now)
    with pytest.raises(ConflictError, match="archived"):
        reopen(paper, done.revision_id, team.manager, now)
    with pytest.raises(ConflictError, match="archived"):
        change_settings(paper, {"depth": 4}, team.manager, now)
    lease.refresh_from_db()
    assert lease.ended_at is None
    assert Revision.objects.get(pk=done.revision_id).decision == Decision.FINE


def test_who_asks_by_name_holds_the_last_one_alone(paper: Campaign, team: Team) -> None:
    first, second = Revision.objects.order_by("rank")
    one = take_revision(paper, team.anna, first.pk)
    take_revision(paper, team.anna, second.pk)
    assert held(one).holds, "she goes on with it: nobody else was handed it"
    take_revision(paper, team.anna, second.pk)
    assert take_revision(paper, team.ben).revision == first
    assert not held(one).holds
    assert ask_revision(paper, team.manager).why is WhyNone.ALL_HELD


def test_what_need_not_be_mended_is_not_opened_again(paper: Campaign, team: Team) -> None:
    done = take_revision(paper, team.ben)
    finish(done, Decision.FINE, "", timezone.now())
    Revision.objects.filter(pk=done.revision_id).update(wanted=False)
    with pytest.raises(ConflictError, match="nobody would be handed it"):
        reopen(paper, done.revision_id, team.manager, timezone.now())


def test_newcomers_pass_the_training_first(paper: Campaign, team: Team) -> None:
    Campaign.objects.update(needs_training=True)
    paper.refresh_from_db()
    assert ask_revision(paper, team.anna).why is WhyNone.NOT_YET
    Membership.objects.filter(user=team.anna).update(qualified_at=timezone.now())
    assert ask_revision(paper, team.anna).lease is not None


def test_over_http(paper: Campaign, team: Team) -> None:
    item = paper.items.get(position=0)
    anna, manager = client_of(team.anna), client_of(team.manager)
    one = f"/api/campaigns/{paper.pk}/revisions"
    told = post(anna, f"{one}/lease", {}).json()
    revision = told["revision"]
    no_numbers = dict.fromkeys(("waiting", "held", "done"))
    assert (told["why"], told["left"]) == (None, no_numbers | {"some_wait": True})
    assert (revision["number"], revision["origin"]) == (1, "table")
    assert (revision["label"], revision["source_id"]) == (
        "incorrect",
        str(item.instance.source_id),
    )
    urls = revision["urls"]
    assert urls["slices"] == f"/api/revisions/{revision['token']}/slices"
    assert anna.get(urls["details"]).json()["center"]["voxel"] == [*item.instance.center]
    assert anna.get(urls["neuroglancer"]).json()["state"]["layers"] is not None
    assert post(anna, urls["renew"], {}).json()["expires_at"] > revision["expires_at"]
    assert client_of(team.ben).post(urls["renew"]).status_code == 404
    [listed] = manager.get(one, {"state": "held"}).json()["results"]
    assert (listed["id"], listed["person"], listed["state"]) == (revision["id"], "anna", "held")
    assert post(anna, urls["finish"], {"decision": "perhaps"}).status_code == 400
    assert post(anna, urls["finish"], {"decision": "mended"}).json() == {"finished": True}
    stale = post(anna, urls["renew"], {})
    assert (stale.status_code, stale.json()["error"]["code"]) == (409, "stale_lease")
    [listed] = manager.get(one, {"state": "done"}).json()["results"]
    assert (listed["decision"], listed["person"]) == ("mended", "anna")
    assert post(manager, f"{one}/{revision['id']}/reopen", {}).json() == {"changed": True}
    wanted = post(anna, f"{one}/lease", {"revision": revision["id"]}).json()["revision"]
    assert wanted["id"] == revision["id"]
    assert post(anna, wanted["urls"]["release"], {"reason": "lunch"}).json() == {"released": True}
    put: Callable[..., Any] = partial(manager.put, content_type="application/json")
    assert put(f"{one}/settings", {"depth": 0}).json()["error"]["field"] == "depth"
    changed = put(f"{one}/settings", {"depth": 20, "is_paused": True}).json()
    assert changed == {"is_paused": True, "depth": 20, "near_nm": 300.0}
    assert post(anna, f"{one}/lease", {}).json()["why"] == "paused"
    assert post(anna, f"{one}/lease", {"revision": 10**9}).status_code == 404


def test_what_requests_cost_does_not_grow(tmp_path: Path, team: Team) -> None:
    """Two of each are for the session and the person."""
    costs = []
    for count in (1, 6):
        paper = to_mend(tmp_path / str(count), team, count=count, name=f"Of {count}")
        anna, one = client_of(team.anna), f"/api/campaigns/{paper.pk}/revisions"
        urls: dict[str, str] = {}
        found = {}

        def lease(one: str = one, anna: Client = anna, urls: dict[str, str] = urls) -> None:
            urls |= post(anna, f"{one}/lease", {}).json()["revision"]["urls"]

        found["lease"] = cost_of(lease)
        found["lease again"] = cost_of(lease)
        found["renew"] = cost_of(partial(anna.post, urls["renew"]))
        finish_it = partial(post, anna, urls["finish"], {"decision": "fine"})
        found["finish"] = cost_of(finish_it)
        listed = partial(client_of(team.manager).get, one)
        found["list"] = cost_of(listed)
        costs.append(found)
    assert costs[0] == costs[1]
    most = {"lease": 12, "lease again": 10, "renew": 5, "finish": 8, "list": 4}
    assert {name: most[name] for name, cost in costs[0].items() if cost > most[name]} == {}, costs


def cost_of(request: Callable[[], object]) -> int:
    """How many statements it takes, but for marks of transactions."""
    with CaptureQueriesContext(connection) as captured:
        request()
    marks = ("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "COMMIT")
    return sum(not query["sql"].startswith(marks) for query in captured.captured_queries)
