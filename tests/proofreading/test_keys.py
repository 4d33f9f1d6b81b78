"""A key names one verdict: it is refused for another one, wherever that was sent."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from django.utils import timezone

from apps.campaigns.models import Lease, Membership
from apps.campaigns.services.leasing import lease_page
from apps.core.errors import InvalidInputError
from apps.proofreading.domain import Label
from apps.proofreading.models import Verdict
from apps.proofreading.services.revising import revise_verdicts
from apps.proofreading.services.verdicts import NewVerdict, record_verdicts, submit_page
from tests.support.paper import always, judge, paper_campaign
from tests.support.people import Team

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
