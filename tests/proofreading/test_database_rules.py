"""What the database itself refuses, whoever asks."""

from __future__ import annotations

import uuid

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.campaigns.models import Campaign, Item, Page
from apps.campaigns.services.leasing import lease_page
from apps.proofreading.models import Verdict
from tests.support.people import Team


@pytest.fixture
def verdict(campaign: Campaign, team: Team) -> Verdict:
    lease = lease_page(campaign, team.anna, timezone.now()).lease
    assert lease is not None
    item = lease.page.items.first()
    assert item is not None
    return Verdict.objects.create(
        item=item,
        lease=lease,
        user=team.anna,
        key=uuid.uuid4(),
        label="incorrect",
        made_at=timezone.now(),
    )


def test_a_verdict_is_never_changed(verdict: Verdict) -> None:
    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        Verdict.objects.filter(pk=verdict.pk).update(label="correct")
    verdict.refresh_from_db()
    assert verdict.label == "incorrect"


def test_a_verdict_is_never_deleted(verdict: Verdict) -> None:
    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        Verdict.objects.filter(pk=verdict.pk)._raw_delete(using="default")
    assert Verdict.objects.filter(pk=verdict.pk).exists()


def test_a_label_must_be_known(verdict: Verdict) -> None:
    with pytest.raises(IntegrityError, match="label_is_known"), transaction.atomic():
        Verdict.objects.create(
            item=verdict.item,
            lease=verdict.lease,
            user=verdict.user,
            key=uuid.uuid4(),
            label="maybe",
            made_at=timezone.now(),
        )


def test_a_page_cannot_be_held_without_a_lease(campaign: Campaign) -> None:
    with pytest.raises(IntegrityError, match="a_held_page_has_a_lease"), transaction.atomic():
        Page.objects.filter(campaign=campaign).update(held_until=timezone.now())


def test_an_instance_is_in_a_campaign_once(campaign: Campaign) -> None:
    item = Item.objects.filter(campaign=campaign).first()
    assert item is not None
    with pytest.raises(IntegrityError, match="an_instance_once"), transaction.atomic():
        Item.objects.create(campaign=campaign, sheet=1, instance=item.instance, position=9_999)
