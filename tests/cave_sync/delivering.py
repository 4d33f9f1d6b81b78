"""A campaign whose outcomes go to the stand-in."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone

from apps.accounts.models import User
from apps.campaigns.models import Campaign
from apps.cave_sync.domain.annotations import AnnotationRow
from apps.cave_sync.gateways.annotation_service import AnnotationService
from apps.cave_sync.models import Delivery, OutboxRow, SyncRun
from apps.cave_sync.services.deliveries import (
    DeliverySettings,
    ask_dry_run,
    ask_sync,
    create_delivery,
    start_delivery,
)
from apps.cave_sync.services.syncing import sync
from apps.cave_sync.services.trying import try_delivery
from apps.datasets.domain.secrets import SecretKind
from apps.datasets.models import Instance, Secret
from apps.datasets.services.secrets import create_secret
from apps.proofreading.domain import Label
from tests.support.cave_annotations.people import DATASTACK, LAB_TOKEN, OWN_TOKEN
from tests.support.cave_annotations.running import RunningCave
from tests.support.revisions import settle_as

FIRST_ID = 1001  # the lab's rows have ids from here
LAB_RESOLUTION = (4.0, 4.0, 40.0)  # nm of a voxel of the lab's table
_numbers = itertools.count(1)
SCHEMAS = {
    "synapses": "synapse",
    "verdicts": "reference_synapse_valid",
    "categories": "reference_tag",
}


@dataclass
class Desk:
    """A manager with a token of CAVE, and their campaign of synapses of the lab's table."""

    cave: RunningCave
    campaign: Campaign
    manager: User
    number: int = field(default_factory=lambda: next(_numbers))

    def __post_init__(self) -> None:
        Instance.objects.filter(table=self.campaign.table).update(
            source_id=F("source_id") + FIRST_ID
        )
        if not Secret.objects.filter(name="cave").exists():
            create_secret("cave", SecretKind.CAVE, OWN_TOKEN, self.manager)

    def settings(self, kind: str = "synapses", **more: Any) -> DeliverySettings:
        given = DeliverySettings(
            kind=kind,
            secret="cave",
            server=self.cave.address,
            datastack=DATASTACK,
            table=f"of_test_{self.number}_{kind}",
            schema=SCHEMAS[kind],
            resolution=(8.0, 8.0, 8.0),
            reference_table="" if kind == "synapses" else "synapses",
        )
        return replace(given, **more)

    def make(self, kind: str = "synapses", **more: Any) -> Delivery:
        return create_delivery(
            self.campaign, self.settings(kind, **more), self.manager, timezone.now()
        )

    def tried(self, delivery: Delivery) -> dict[str, Any]:
        """What a dry run finds."""
        ask_dry_run(delivery, self.manager, timezone.now())
        try_delivery(delivery.pk)
        delivery.refresh_from_db()
        assert delivery.state == Delivery.State.DRAFT
        found: dict[str, Any] = delivery.found
        return found

    def started(self, kind: str = "synapses", **more: Any) -> Delivery:
        """A delivery that runs; its first run waits for a worker."""
        delivery = self.make(kind, **more)
        assert self.tried(delivery)["problems"] == []
        start_delivery(delivery, self.manager, timezone.now())
        delivery.refresh_from_db()
        return delivery

    def sync(self, delivery: Delivery) -> SyncRun:
        """Bring it up to date, as a worker does."""
        ask_sync(delivery, self.manager, timezone.now())
        sync(delivery.pk)
        return delivery.runs.latest("pk")

    def settle(self, *positions: int, label: Label = Label.CORRECT, **more: Any) -> None:
        for item in self.campaign.items.filter(position__in=positions):
            settle_as(item, label, **more)

    def lab_has_its_rows(self) -> None:
        """The lab's table gets the synapses of the campaign."""
        lab = AnnotationService(self.cave.datastack, LAB_TOKEN)
        instances = Instance.objects.filter(table=self.campaign.table).order_by("source_id")
        instances = instances.select_related("table")
        there = lab.read("synapses", [one.source_id for one in instances])
        lab.post("synapses", [row_of_lab(one) for one in instances if one.source_id not in there])

    def there(self, delivery: Delivery) -> dict[int, dict[str, Any]]:
        """The rows of CAVE that hold, by their ids."""
        rows = self.cave.rows(delivery.table)
        held = [row for row in rows if row["valid"] and row["deleted"] is None]
        return {row["id"]: row["values"] for row in held}


def row_of_lab(instance: Instance) -> AnnotationRow:
    """Where the campaign has it, in the voxels of the lab's table."""
    pairs = zip(instance.center, instance.table.resolution, LAB_RESOLUTION, strict=True)
    x, y, z = (int((at + 0.5) * ours // theirs) for at, ours, theirs in pairs)
    points = dict.fromkeys(("pre_pt", "ctr_pt", "post_pt"), (x, y, z))
    return AnnotationRow(instance.source_id, {**points, "size": 1.0})


def check_same(desk: Desk, delivery: Delivery) -> None:
    """CAVE has what the outbox says, each row once, and nothing else: none lost, none doubled."""
    held = {row.pk: row for row in delivery.rows.filter(state=OutboxRow.State.HELD)}
    there = desk.there(delivery)
    assert sorted(there) == sorted(held)
    live = delivery.rows.exclude(state__in=["gone", "leaving"])
    assert live.count() == live.values("instance", "part").distinct().count()
    for pk, row in held.items():
        found = there[pk]
        for name, value in row.payload.items():
            told = [found[f"{name}_position"]] if isinstance(value, list) else [found[name]]
            assert [value] == told, (pk, name)
    sent = delivery.rows.filter(sent_at__isnull=False).count()
    assert len(desk.cave.rows(delivery.table)) == sent


def during(monkeypatch: pytest.MonkeyPatch, method: str, act: Callable[[], object]) -> None:
    """Have something happen before the next such call of the worker."""
    once = [act]
    real = getattr(AnnotationService, method)

    def called(service: AnnotationService, *arguments: Any) -> Any:
        if once:
            once.pop()()
        return real(service, *arguments)

    monkeypatch.setattr(AnnotationService, method, called)
