"""A key names one verdict: it is refused for another one, wherever that was sent."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from apps.campaigns.models import Lease, Membership
from apps.campaigns.services.leasing import lease_page
from apps.core.errors import InvalidInputError
from apps.proofreading.domain import Label
from apps.proofreading.models import Verdict
from apps.proofreading.services.fates import UsedKeyError
from apps.proofreading.services.revising import revise_verdicts
from apps.proofreading.services.verdicts import NewVerdict, record_verdicts, submit_page
from tests.support.paper import always, judge, paper_campaign
from tests.support.people import Team
from tests.support.work import client_of, post, verdict

pytestmark = pytest.mark.django_db


def new_verdict(lease: Lease, key: uuid.UUID, place: int = 0) -> NewVerdict:
    items = list(lease.page.items.order_by("position").values_list("pk", flat=True))
    return NewVerdict(key, items[place], Label.INCORRECT, timezone.now())


def submit(lease: Lease, verdict: NewVerdict) -> None:
    seen = dict.fromkeys(lease.page.items.values_list("pk", flat=True), Label.CORRECT)
    submit_page(lease, [verdict], seen | {verdict.item_id: verdict.label}, timezone.now())


def record(lease: Lease, verdict: NewVerdict) -> None:
    record_verdicts(lease, [verdict], timezone.now())


def revise(lease: Lease, verdict: NewVerdict) -> None:
    judge(lease, always(Label.CORRECT))
    revise_verdicts(lease, [verdict])


@pytest.mark.parametrize("send", [record, submit, revise])
@pytest.mark.parametrize("place", [0, 1])
def test_a_key_of_another_verdict_is_refused_and_nothing_is_stored(
    tmp_path: Path, team: Team, send: Callable[[Lease, NewVerdict], None], place: int
) -> None:
    """`place` 1: of another item of the same page; 0: of somebody else's page."""
    roles = dict.fromkeys((team.anna, team.ben), Membership.Role.ANNOTATOR)
    campaign = paper_campaign(tmp_path, roles, instances=12)
    of_ben = lease_page(campaign, team.ben, timezone.now()).lease
    of_anna = lease_page(campaign, team.anna, timezone.now()).lease
    assert of_ben is not None
    assert of_anna is not None
    key = uuid.uuid4()
    record(of_anna if place else of_ben, new_verdict(of_anna if place else of_ben, key))
    with pytest.raises(InvalidInputError, match=f"{key} was used for another verdict"):
        send(of_anna, new_verdict(of_anna, key, place))
    kept = Verdict.objects.get(key=key)
    assert kept.lease_id == (of_anna if place else of_ben).pk
    assert (
        not Verdict.objects.filter(lease=of_anna, label=Label.INCORRECT).exclude(key=key).exists()
    )


@pytest.mark.parametrize("send", [record, submit, revise])
@pytest.mark.parametrize(
    ("field", "value"),
    [("label", Label.UNSURE), ("categories", ("badFit",)), ("note", "a fold")],
)
def test_a_key_that_comes_with_something_else_is_refused(
    tmp_path: Path,
    team: Team,
    send: Callable[[Lease, NewVerdict], None],
    field: str,
    value: Any,
) -> None:
    campaign = paper_campaign(tmp_path, {team.anna: Membership.Role.ANNOTATOR}, instances=6)
    lease = lease_page(campaign, team.anna, timezone.now()).lease
    assert lease is not None
    first = new_verdict(lease, uuid.uuid4())
    record(lease, first)
    record(lease, first)  # the same again is harmless
    other = replace(first, **{field: value})
    with pytest.raises(UsedKeyError, match=f"{first.key} was used before with another {field}"):
        send(lease, other)
    kept = Verdict.objects.get(key=first.key)
    assert (kept.label, kept.note, kept.categories.count()) == ("incorrect", "", 0)


def test_what_came_with_a_used_key_can_be_sent_without_it(tmp_path: Path, team: Team) -> None:
    campaign = paper_campaign(tmp_path, {team.anna: Membership.Role.ANNOTATOR}, instances=6)
    lease = lease_page(campaign, team.anna, timezone.now()).lease
    assert lease is not None
    first, second = (new_verdict(lease, uuid.uuid4(), place) for place in (0, 1))
    record(lease, first)
    changed = verdict(first.item_id, "unsure", key=str(first.key))
    body = {"verdicts": [changed, verdict(second.item_id, key=str(second.key))]}
    answer = post(client_of(team.anna), f"/api/leases/{lease.token}/verdicts", body)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (409, "used_key")
    (refused,) = error["refused"]
    assert (refused["key"], refused["code"]) == (str(first.key), "used_key")
    assert (error["kept"], error["late"]) == ([], [])
    (present,) = error["present"]
    assert (present["item"], present["label"]) == (first.item_id, "incorrect")
    record(lease, second)
