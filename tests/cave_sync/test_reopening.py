"""A synapse whose neurons have changed in CAVE is looked at again, that one alone; its row stays as
it is until somebody has decided anew."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone

from apps.campaigns.models import AuditEntry, Campaign
from apps.cave_sync.models import Delivery, RootChange
from apps.cave_sync.services.connecting import service_for
from apps.cave_sync.services.deliveries import change_delivery
from apps.cave_sync.services.pulling import pull_roots
from apps.cave_sync.services.reopening import reopen_changed
from apps.core.errors import InvalidInputError
from apps.datasets.models import Instance
from apps.proofreading.domain import Label
from apps.revision.domain import Decision
from apps.revision.models import Revision, RevisionLease, SecondLook
from apps.revision.services.finishing import finish
from apps.revision.services.gathering import gather_all
from apps.revision.services.settings import change_settings
from tests.cave_sync.delivering import FIRST_ID, Desk, check_same
from tests.revision.drawing import set_point
from tests.support.people import Team
from tests.support.revisions import ask_revision, take_revision
from tests.support.work import client_of

pytestmark = pytest.mark.django_db

Fate = RootChange.Fate
AS_IT_WAS = (5, 6)


@pytest.fixture
def lab(desk: Desk) -> Iterator[Desk]:
    """Ten synapses that were judged correct, which the lab has in the same neurons."""
    desk.cave.forget()
    desk.lab_has_its_rows()
    desk.settle(*range(10))
    Instance.objects.filter(table=desk.campaign.table).update(pre_root_id=5, post_root_id=6)
    yield desk
    desk.cave.forget()


def opened(desk: Desk, kind: str = "verdicts", **more: Any) -> Delivery:
    """A delivery that opens again what has changed."""
    return desk.started(kind, reads_roots=True, reopens_changed=True, **more)


def freeze(desk: Desk, version: int, **changed: tuple[int, int]) -> None:
    """A version in which all lie where they did, but for the lab's rows `row3=(5, 7)`."""
    roots = dict.fromkeys(range(FIRST_ID, FIRST_ID + 12), AS_IT_WAS)
    roots |= {FIRST_ID + int(name[3:]): pair for name, pair in changed.items()}
    desk.cave.freeze(version, {"synapses": roots})


def fates() -> list[tuple[int, str, str]]:
    """By the lab's row, in the order of versions."""
    rows = RootChange.objects.order_by("pull__version", "instance__source_id")
    found = rows.values_list("instance__source_id", "fate", "why_not")
    return [(source - FIRST_ID, fate, why) for source, fate, why in found]


def decide(lease: RevisionLease, decision: Decision) -> None:
    finish(lease, decision, "", timezone.now())


def page_of(desk: Desk) -> str:
    page = client_of(desk.manager).get(f"/campaigns/{desk.campaign.pk}/cave").content.decode()
    return " ".join(page.split())


def told_of(desk: Desk, delivery: Delivery) -> list[dict[str, Any]]:
    """The changes as the API tells them, the latest first."""
    address = f"/api/campaigns/{desk.campaign.pk}/deliveries/{delivery.pk}/changes"
    found: list[dict[str, Any]] = client_of(desk.manager).get(address).json()["results"]
    return found


def moved(desk: Desk, delivery: Delivery) -> tuple[int, int, int]:
    """What a sync posts, puts and deletes."""
    run = desk.sync(delivery)
    assert (run.stage, run.words) == ("done", "")
    return run.posted, run.put, run.deleted


def test_one_of_ten_is_opened_and_the_delivery_follows_what_is_decided(
    lab: Desk, team: Team
) -> None:
    verdicts, synapses = opened(lab), lab.started("synapses")
    lab.sync(synapses)
    freeze(lab, 51, row3=(5, 7))
    assert moved(lab, verdicts) == (10, 0, 0)
    assert fates() == [(3, "opened", "")]
    gather_all()
    lease = take_revision(lab.campaign, team.ben)
    assert lease.revision.item is not None
    assert lease.revision.item.position == 3
    assert ask_revision(lab.campaign, team.anna).lease is None, "the nine others are not"
    set_point(lease, "pre", 1, 84)
    assert (moved(lab, verdicts), moved(lab, synapses)) == ((0, 0, 0), (0, 0, 0)), "half done"
    [look] = SecondLook.objects.all()
    assert look.because == (
        "Its neurons have changed in CAVE (version 51): postsynaptic 6 is now 7."
    )
    [audited] = AuditEntry.objects.filter(action="revision_reopened")
    assert (audited.details["synapse"], audited.details["because"]) == (4, look.because)
    decide(lease, Decision.NO_SYNAPSE)
    assert (moved(lab, verdicts), moved(lab, synapses)) == ((0, 1, 0), (0, 0, 1))
    for delivery in (verdicts, synapses):
        check_same(lab, delivery)
    assert fates() == [(3, "opened", "")]
    [told] = told_of(lab, verdicts)
    assert (told["fate"], told["why_not"]) == ("opened", "")
    assert told["opened_at"] < told["decided_at"]
    assert told["answer"] == "decided"


def test_what_was_mended_stays_so_until_it_is_decided_anew(lab: Desk, team: Team) -> None:
    lab.settle(2, label=Label.INCORRECT)
    gather_all()
    first = take_revision(lab.campaign, team.ben)
    set_point(first, "pre", 1, 84)
    decide(first, Decision.MENDED)
    synapses, verdicts = lab.started("synapses"), opened(lab)
    lab.sync(synapses)
    freeze(lab, 51, row2=(50, 6))
    lab.sync(verdicts)
    lease = take_revision(lab.campaign, team.anna)
    assert lease.revision_id == first.revision_id
    set_point(lease, "pre", 2, 168)
    assert (moved(lab, verdicts), moved(lab, synapses)) == ((0, 0, 0), (0, 0, 0))
    decide(lease, Decision.MENDED)
    assert (moved(lab, verdicts), moved(lab, synapses)) == ((0, 0, 0), (1, 0, 1))
    assert synapses.rows.latest("pk").payload["pre_pt"] == [21, 21, 21]
    check_same(lab, synapses)


def test_a_change_is_opened_once_and_the_next_one_again(lab: Desk, team: Team) -> None:
    verdicts = opened(lab)
    freeze(lab, 51, row3=(5, 7))
    lab.sync(verdicts)
    decide(take_revision(lab.campaign, team.ben), Decision.FINE)
    for _ in range(2):
        lab.sync(verdicts)
    assert ask_revision(lab.campaign, team.ben).lease is None, "it was looked at"
    freeze(lab, 52, row3=(5, 7), row4=(5, 8))
    lab.sync(verdicts)
    freeze(lab, 53, row3=AS_IT_WAS, row4=AS_IT_WAS)
    lab.sync(verdicts)
    assert fates() == [(row, "opened", "") for row in (3, 4, 3, 4)]
    looks = SecondLook.objects.order_by("pk").values_list("revision__item__position", "ended_at")
    assert [position for position, _ in looks] == [3, 4, 3], "of four one look is for two changes"


def test_where_nobody_mends_it_is_opened_when_the_campaign_goes_on(lab: Desk, team: Team) -> None:
    verdicts = opened(lab)
    Campaign.objects.update(status="archived")
    freeze(lab, 51, row2=(5, 7), row3=(5, 7), row4=(5, 7))
    lab.sync(verdicts)
    assert fates() == [(row, "waiting", "the campaign is archived") for row in (2, 3, 4)]
    Campaign.objects.update(status="closed")
    change_settings(lab.campaign, {"is_paused": True}, team.manager, timezone.now())
    freeze(lab, 52, row2=AS_IT_WAS, row3=(5, 8), row4=(5, 7))
    lab.sync(verdicts)
    assert {why for _, _, why in fates()} == {"revision is paused"}
    assert Revision.objects.count() == 0
    roots = dict.fromkeys(range(FIRST_ID, FIRST_ID + 12), AS_IT_WAS)
    left_out = {FIRST_ID + 3: (9, None), FIRST_ID + 4: (5, 7)}
    lab.cave.freeze(53, {"synapses": roots | left_out})
    lab.sync(verdicts)
    page = page_of(lab)
    assert "In version 53 of CAVE <b>1</b> of 10" in page
    assert "<b>3</b> wait to be." in page, "also those that this version does not mark"
    lab.settle(4, by_expert=True, settled_at=timezone.now())
    change_settings(lab.campaign, {"is_paused": False}, team.manager, timezone.now())
    lab.sync(verdicts)
    assert fates() == [
        (2, "left", "it lies in the same neurons again"),
        (3, "opened", ""),
        (4, "left", "somebody has decided on it since"),
        (2, "left", "it lies in the same neurons again"),
        (3, "opened", ""),
        (3, "opened", ""),
    ]
    look = SecondLook.objects.get()
    assert look.because.endswith(
        "(version 53): presynaptic 5 is now 9, postsynaptic 6 is now 8."
    ), "what a version leaves out is as in the one before"


def test_only_who_wants_it_has_it_opened(lab: Desk, team: Team) -> None:
    with pytest.raises(InvalidInputError, match="it needs reads_roots"):
        lab.make("categories", reopens_changed=True)
    verdicts = lab.started("verdicts", reads_roots=True)
    freeze(lab, 51, row2=(5, 7))
    lab.sync(verdicts)
    freeze(lab, 52, row2=(5, 7), row3=(5, 7))
    lab.sync(verdicts)
    assert fates() == [(2, "marked", ""), (3, "marked", "")]
    wants = lab.settings("verdicts", reads_roots=True, reopens_changed=True)
    change_delivery(verdicts, wants, team.manager, timezone.now())
    verdicts.refresh_from_db()
    assert verdicts.state == "active", "it need not be tried for that"
    lab.sync(verdicts)
    assert fates() == [(2, "marked", ""), (3, "opened", "")], "what the newest version shows"


def test_of_what_changes_while_it_waits_the_newer_change_is_told(lab: Desk, team: Team) -> None:
    verdicts = opened(lab)
    for version, post in ((51, 7), (52, 8)):
        freeze(lab, version, row3=(5, post))
        lab.sync(verdicts)
    look = SecondLook.objects.get()
    assert look.because.endswith("(version 52): postsynaptic 7 is now 8.")
    told = AuditEntry.objects.filter(action="revision_reason_changed")
    assert [one.details["because"] for one in told] == [look.because]
    assert page_of(lab).count("open since <time") == 2, "both are of one look"
    lab.settle(3, by_expert=True, settled_at=timezone.now())
    gather_all()
    assert ask_revision(lab.campaign, team.ben).lease is None
    page = page_of(lab)
    assert "open since" not in page
    assert page.count("yes; judged, discarded or withdrawn since") == 2
    freeze(lab, 53, row3=(5, 8))
    lab.sync(verdicts)
    page = page_of(lab)
    assert "In version 53 of CAVE <b>0</b> of 10" in page
    assert "<b>1</b> was opened again for revision so far." in page, "though nothing changed in it"
    freeze(lab, 54, row3=(5, 9))
    lab.sync(verdicts)
    newest, *older = told_of(lab, verdicts)
    assert (newest["answer"], newest["decided_at"]) == ("awaited", None)
    assert {(one["answer"], one["decided_at"]) for one in older} == {("asked_anew", None)}
    page = page_of(lab)
    assert (page.count("open since <time"), page.count("and opened again later")) == (1, 2)
    decide(take_revision(lab.campaign, team.ben), Decision.FINE)
    page = page_of(lab)
    assert (page.count("decided anew on <time"), page.count("and opened again later")) == (1, 2)


def test_two_deliveries_that_read_different_versions_open_it_once(lab: Desk, team: Team) -> None:
    first, second = opened(lab), opened(lab, table=f"more_{lab.number}")
    freeze(lab, 51, row3=(5, 7))
    lab.sync(first)
    decide(take_revision(lab.campaign, team.ben), Decision.FINE)
    freeze(lab, 52, row3=(5, 7), row4=(5, 7))
    lab.sync(second)
    assert fates() == [(3, "opened", ""), (3, "opened", ""), (4, "opened", "")]
    decide(take_revision(lab.campaign, team.ben), Decision.FINE)
    assert ask_revision(lab.campaign, team.ben).lease is None, "row 3 was looked at"
    freeze(lab, 53, row3=AS_IT_WAS, row4=(5, 7))
    lab.sync(second)
    decide(take_revision(lab.campaign, team.ben), Decision.FINE)
    freeze(lab, 54, row3=(5, 7), row4=(5, 7))
    lab.sync(second)
    looks = SecondLook.objects.order_by("pk").values_list("revision__item__position", flat=True)
    assert list(looks) == [3, 4, 3, 3], "it went back, and changed once more"


def test_two_deliveries_open_the_same_change_once(lab: Desk, team: Team) -> None:
    lab.settle(3, label=Label.INCORRECT)
    gather_all()
    verdicts, others = opened(lab), opened(lab, table=f"more_{lab.number}")
    freeze(lab, 51, row3=(5, 7))
    lab.sync(verdicts)
    decide(take_revision(lab.campaign, team.ben), Decision.FINE)
    lab.sync(others)
    assert fates() == [(3, "opened", "")] * 2
    assert SecondLook.objects.count() == 1
    assert ask_revision(lab.campaign, team.ben).lease is None


def test_killed_between_the_mark_and_the_opening_it_is_opened_by_the_next(
    lab: Desk, team: Team, monkeypatch: Any
) -> None:
    verdicts = opened(lab)
    lab.sync(verdicts)
    freeze(lab, 51, row3=(5, 7))
    service, times = service_for(verdicts), list[Delivery]()

    def killed(delivery: Delivery) -> None:
        times.append(delivery)
        if len(times) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr("apps.cave_sync.services.pulling.reopen_changed", killed)
    with pytest.raises(KeyboardInterrupt):
        pull_roots(verdicts, service, lambda read, of: None)
    assert fates() == [(3, "waiting", "")]
    monkeypatch.undo()
    lab.sync(verdicts)
    assert fates() == [(3, "opened", "")]
    reopen_changed(verdicts)
    assert SecondLook.objects.count() == 1
    assert take_revision(lab.campaign, team.ben).revision.item is not None
