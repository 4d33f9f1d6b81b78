"""Campaigns whose outcomes go to CAVE: to the stand-in or, in `contract`, to any services."""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar

import pytest
from django.db.models import F
from django.utils import timezone

from apps.accounts.models import User
from apps.campaigns.models import Campaign
from apps.cave_sync.domain.annotations import AnnotationRow, Datastack
from apps.cave_sync.gateways.annotation_service import AnnotationService
from apps.cave_sync.models import Delivery, OutboxRow, SyncRun
from apps.cave_sync.services.connecting import service_for
from apps.cave_sync.services.deliveries import (
    ask_dry_run,
    ask_sync,
    create_delivery,
    start_delivery,
)
from apps.cave_sync.services.given import DeliverySettings
from apps.cave_sync.services.syncing import Connect, sync
from apps.cave_sync.services.trying import try_delivery
from apps.datasets.domain.secrets import SecretKind
from apps.datasets.models import Instance, Secret
from apps.datasets.services.secrets import create_secret
from apps.proofreading.domain import Label
from apps.voxels.geometry import Point
from tests.support.cave_annotations.people import LAB_TOKEN, OWN_TOKEN
from tests.support.cave_annotations.running import RunningCave
from tests.support.revisions import settle_as

Size = tuple[float, float, float]  # nm of a voxel along x, y, z

FIRST_ID = 1001  # of the campaign's synapses, and of the lab's rows
LAB_RESOLUTION: Size = (4.0, 4.0, 40.0)  # of the lab's table
_numbers = itertools.count(1)
SCHEMAS = {
    "synapses": "synapse",
    "verdicts": "reference_synapse_valid",
    "categories": "reference_tag",
}


class Sender(ABC):
    """A manager with a token of CAVE, and their campaign of synapses of the lab's table.

    Where it goes to, and how one looks at what is there, is for those who are made of this: a Desk
    looks into the stand-in, `contract/sending.py` asks any services through the gateway.
    resolution: nm of a voxel of its tables. lab: the lab's own table of synapses.
    """

    resolution: ClassVar[Size]
    lab: str

    def __init__(self, campaign: Campaign, manager: User, datastack: Datastack, token: str) -> None:
        self.campaign, self.manager, self.datastack = campaign, manager, datastack
        ours = Instance.objects.filter(table=campaign.table)
        ours.update(source_id=F("source_id") + FIRST_ID)
        if not Secret.objects.filter(name="cave").exists():
            create_secret("cave", SecretKind.CAVE, token, manager)

    @abstractmethod
    def new_name(self, kind: str) -> str:
        """Of the table of a delivery of this kind."""

    @abstractmethod
    def there(self, delivery: Delivery) -> dict[int, dict[str, Any]]:
        """What the rows of CAVE say that hold, by their ids; points are x, y, z."""

    @abstractmethod
    def count(self, delivery: Delivery) -> int:
        """How many rows CAVE has, with those that hold no more."""

    def settings(self, kind: str = "synapses", **more: Any) -> DeliverySettings:
        given = DeliverySettings(
            kind=kind,
            secret="cave",
            server=self.datastack.server,
            datastack=self.datastack.name,
            table=self.new_name(kind),
            schema=SCHEMAS[kind],
            resolution=self.resolution,
            reference_table="" if kind == "synapses" else self.lab,
        )
        return replace(given, **more)

    def make(self, kind: str = "synapses", **more: Any) -> Delivery:
        """A delivery to a table that is not there yet."""
        given = self.settings(kind, **more)
        return create_delivery(self.campaign, given, self.manager, timezone.now())

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

    def sync(self, delivery: Delivery, connect: Connect = service_for) -> SyncRun:
        """Bring it up to date, as a worker does."""
        ask_sync(delivery, self.manager, timezone.now())
        sync(delivery.pk, connect)
        return delivery.runs.latest("pk")

    def settle(self, *positions: int, label: Label = Label.CORRECT, **more: Any) -> None:
        for item in self.campaign.items.filter(position__in=positions):
            settle_as(item, label, **more)


class Desk(Sender):
    """One who delivers to the stand-in."""

    resolution = (8.0, 8.0, 8.0)
    lab = "synapses"

    def __init__(self, cave: RunningCave, campaign: Campaign, manager: User) -> None:
        super().__init__(campaign, manager, cave.datastack, OWN_TOKEN)
        self.cave, self.number = cave, next(_numbers)

    def new_name(self, kind: str) -> str:
        return f"of_test_{self.number}_{kind}"

    def lab_has_its_rows(self) -> None:
        """The lab's table gets the synapses of the campaign."""
        lab = AnnotationService(self.cave.datastack, LAB_TOKEN)
        instances = Instance.objects.filter(table=self.campaign.table).order_by("source_id")
        instances = instances.select_related("table")
        there = lab.read(self.lab, [one.source_id for one in instances])
        rows = [row_of_lab(one) for one in instances if one.source_id not in there]
        for first in range(0, len(rows), 5_000):  # CAVE takes 10,000 at once
            lab.post(self.lab, rows[first : first + 5_000])

    def there(self, delivery: Delivery) -> dict[int, dict[str, Any]]:
        rows = self.cave.rows(delivery.table)
        held = [row for row in rows if row["valid"] and row["deleted"] is None]
        return {row["id"]: _by_field(row["values"]) for row in held}

    def count(self, delivery: Delivery) -> int:
        return len(self.cave.rows(delivery.table))


def _by_field(stored: dict[str, Any]) -> dict[str, Any]:
    """Values under the names of the schema's fields."""
    return {
        name.removesuffix("_position"): tuple(value) if isinstance(value, list) else value
        for name, value in stored.items()
    }


def row_of_lab(instance: Instance, size: Size = LAB_RESOLUTION) -> AnnotationRow:
    """Where the campaign has it, in the lab's voxels of this size in nm."""
    points = {"pre_pt": instance.pre_pt, "ctr_pt": None, "post_pt": instance.post_pt}
    values = {name: _in_lab(at or instance.center, instance, size) for name, at in points.items()}
    return AnnotationRow(instance.source_id, {**values, "size": 1.0})


def _in_lab(at: Point, instance: Instance, size: Size) -> tuple[int, int, int]:
    triples = zip(at, instance.table.resolution, size, strict=True)
    x, y, z = (int((voxel + 0.5) * ours // theirs) for voxel, ours, theirs in triples)
    return x, y, z


def check_same(sender: Sender, delivery: Delivery) -> None:
    """CAVE has what the outbox says, each row once, and nothing else: none lost, none doubled."""
    held = {row.pk: row for row in delivery.rows.filter(state=OutboxRow.State.HELD)}
    there = sender.there(delivery)
    assert sorted(there) == sorted(held)
    live = delivery.rows.exclude(state__in=["gone", "leaving"])
    assert live.count() == live.values("instance", "part").distinct().count(), "doubled"
    for pk, row in held.items():
        sent = {k: tuple(v) if isinstance(v, list) else v for k, v in row.payload.items()}
        assert there[pk] == sent, pk
    assert sender.count(delivery) == delivery.rows.filter(sent_at__isnull=False).count()


def during(monkeypatch: pytest.MonkeyPatch, method: str, act: Callable[[], object]) -> None:
    """Have something happen before the next such call of the worker."""
    once = [act]
    real = getattr(AnnotationService, method)

    def called(service: AnnotationService, *arguments: Any) -> Any:
        if once:
            once.pop()()
        return real(service, *arguments)

    monkeypatch.setattr(AnnotationService, method, called)
