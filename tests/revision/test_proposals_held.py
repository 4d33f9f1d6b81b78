"""Proposals are asked for and decided by who holds the instance, and each request counts once."""

from __future__ import annotations

import threading
import uuid
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from apps.campaigns.models import Campaign
from apps.revision.models import Proposal, Revision
from tests.revision.test_proposals import ask, choice, decide, draw_two, ready
from tests.support.drawing import Reviser, revise
from tests.support.locks import count_waiting
from tests.support.people import Team
from tests.support.waiting import wait_for
from tests.support.work import post

pytestmark = pytest.mark.django_db


@pytest.mark.django_db(transaction=True)
def test_the_same_asked_at_once_is_one_proposal_that_waits(mended: Campaign, team: Team) -> None:
    """Both have seen that there is none yet, before either makes it."""
    anna = revise(mended, team.anna)
    draw_two(anna)
    sent = {"key": str(uuid.uuid4()), "method": "classical"}
    answers = []

    def ask_in_a_tab() -> None:
        try:
            tab = type(anna.client)()
            tab.cookies = anna.client.cookies
            answers.append(post(tab, f"{anna.address}/proposals", sent).json())
        finally:
            connection.close()

    tabs = [threading.Thread(target=ask_in_a_tab) for _ in range(2)]
    with transaction.atomic():
        Revision.objects.select_for_update(no_key=True).get(pk=anna.lease.revision_id)
        for tab in tabs:
            tab.start()
        wait_for(lambda: count_waiting() == 2, "both tabs")
    for tab in tabs:
        tab.join(timeout=20)
    assert answers[0] == answers[1]
    assert Proposal.objects.get().status == "waiting"


def test_only_who_holds_the_revision_may_ask_and_decide(
    anna: Reviser, mended: Campaign, team: Team
) -> None:
    low, _ = draw_two(anna)
    found = ready(anna, reach=0)
    past = timezone.now() - timedelta(seconds=1)
    Revision.objects.filter(pk=anna.lease.revision_id).update(held_until=past)
    ben = revise(mended, team.ben, anna.lease.revision_id)
    for refused in (ask(anna, 409), decide(anna, found, choice(low + 1), status=409)):
        assert refused["error"]["code"] == "stale_lease"
    assert decide(ben, found, choice(low + 1))["slices"][0]["fate"] == "accepted"


def test_nothing_is_proposed_or_accepted_in_an_archived_campaign(anna: Reviser) -> None:
    """What was drawn comes late, as all that is drawn then: it is lost to nobody."""
    low, _ = draw_two(anna)
    found = ready(anna, reach=0)
    waiting = ask(anna)
    Campaign.objects.update(status=Campaign.Status.ARCHIVED)
    cancelled = anna.send(f"proposals/{waiting['id']}/cancel", {}, 409)
    decided = decide(anna, found, choice(low + 1), status=409)
    for refused in (ask(anna, 409), cancelled, decided):
        assert refused["error"]["code"] == "stale_lease"
        assert "The campaign is archived" in refused["error"]["sentence"]
    late = anna.draw(anna.drawn(low + 2), status=409)["error"]
    restored = {"z": low, "version": 0, "base": 1, "key": str(uuid.uuid4())}
    late_too = anna.send("restore", restored, 409)["error"]
    assert (late["held"], late_too["held"]) == (False, False)
    assert [one["fate"] for one in found["slices"]] == [None] * 3
    assert (anna.now(low)["number"], anna.slice(low + 2)["number"]) == (1, 0)
    assert Proposal.objects.filter(status="waiting").count() == 1
