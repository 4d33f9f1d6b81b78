"""A campaign whose results go to tables of the services under test, and how these are looked at:
through the gateway alone, as real ones give nobody another way in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import F
from django.utils import timezone

from apps.accounts.models import User
from apps.campaigns.models import Campaign
from apps.cave_sync.domain.annotations import AnnotationRow, HeldRow, Point
from apps.cave_sync.models import Delivery, OutboxRow, SyncRun
from apps.cave_sync.services.connecting import service_for
from apps.cave_sync.services.deliveries import (
    DeliverySettings,
    ask_dry_run,
    ask_sync,
    create_delivery,
    start_delivery,
)
from apps.cave_sync.services.syncing import Connect, sync
from apps.cave_sync.services.trying import try_delivery
from apps.datasets.domain.secrets import SecretKind
from apps.datasets.models import Instance
from apps.datasets.services.secrets import create_secret
from apps.proofreading.domain import Label
from tests.cave_sync.contract.conftest import RESOLUTION, Cave
from tests.support.revisions import settle_as

FIRST_ID = 1001  # of the campaign's synapses, and of the lab's rows
SCHEMAS = {
    "synapses": "synapse",
    "verdicts": "reference_synapse_valid",
    "categories": "reference_tag",
}
_MOST_RUNS = 60
State = OutboxRow.State
NewTable = Callable[..., str]


@dataclass
class Sender:
    """A manager with the token of the services, and their campaign.

    new_table: makes a table of this run.
    """

    cave: Cave
    campaign: Campaign
    manager: User
    new_table: NewTable

    def __post_init__(self) -> None:
        create_secret("cave", SecretKind.CAVE, self.cave.token, self.manager)
        ours = Instance.objects.filter(table=self.campaign.table)
        ours.update(source_id=F("source_id") + FIRST_ID)
        self.lab = ""

    def lab_table(self, without: int | None = None) -> str:
        """A table of synapses as a lab has it: the campaign's, under the same ids, `without` one of
        them."""
        self.lab = self.new_table()
        rows = [
            _row_of_lab(one, self.campaign)
            for one in Instance.objects.filter(table=self.campaign.table).order_by("source_id")
            if one.source_id != without
        ]
        self.cave.service().post(self.lab, rows)
        return self.lab

    def settings(self, kind: str) -> DeliverySettings:
        table = self.cave.new_name()
        self.cave.tables.append(table)
        return DeliverySettings(
            kind=kind,
            secret="cave",
            server=self.cave.datastack.server,
            datastack=self.cave.datastack.name,
            table=table,
            schema=SCHEMAS[kind],
            resolution=RESOLUTION,
            reference_table="" if kind == "synapses" else self.lab,
        )

    def make(self, kind: str = "synapses", **more: Any) -> Delivery:
        """A delivery to a table that is not there yet."""
        given = replace(self.settings(kind), **more)
        return create_delivery(self.campaign, given, self.manager, timezone.now())

    def tried(self, delivery: Delivery) -> dict[str, Any]:
        """What a dry run finds."""
        ask_dry_run(delivery, self.manager, timezone.now())
        try_delivery(delivery.pk)
        delivery.refresh_from_db()
        found: dict[str, Any] = delivery.found
        return found

    def started(self, kind: str = "synapses", **more: Any) -> Delivery:
        """A delivery that runs; nothing is sent yet."""
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

    def sync_until_done(self, delivery: Delivery, connect: Connect = service_for) -> int:
        """As often as it takes; how often that was."""
        for attempt in range(1, _MOST_RUNS + 1):
            if self.sync(delivery, connect).stage == SyncRun.Stage.DONE:
                return attempt
        raise AssertionError(f"not done in {_MOST_RUNS} runs")

    def settle(self, *positions: int, label: Label = Label.CORRECT) -> None:
        for item in self.campaign.items.filter(position__in=positions):
            settle_as(item, label)

    def there(self, delivery: Delivery) -> dict[int, HeldRow]:
        """The rows of CAVE that hold, of those that the outbox knows, by their ids."""
        ids = delivery.rows.values_list("pk", flat=True)
        read = self.cave.service().read(delivery.table, list(ids))
        return {pk: row for pk, row in read.items() if _holds(row)}

    def check_same(self, delivery: Delivery) -> None:
        """CAVE has what the outbox says, each row once, and nothing else: none lost, none
        doubled."""
        service = self.cave.service()
        sent = list(delivery.rows.filter(sent_at__isnull=False))
        read = service.read(delivery.table, [row.pk for row in sent])
        assert sorted(read) == sorted(row.pk for row in sent), "lost"
        assert service.count(delivery.table) == len(sent), "rows that the outbox knows nothing of"
        for row in sent:
            assert _holds(read[row.pk]) == (row.state == State.HELD), (row.pk, row.state)
            if row.state == State.HELD:
                assert dict(read[row.pk].values) == _as_read(row.payload), row.pk
        live = delivery.rows.exclude(state=State.GONE)
        assert set(live.values_list("state", flat=True)) <= {State.HELD, State.FAILED}
        assert live.count() == live.values("instance", "part").distinct().count(), "doubled"


def _holds(row: HeldRow) -> bool:
    return row.is_valid and row.deleted is None and row.superseded_by is None


def _as_read(payload: dict[str, Any]) -> dict[str, Any]:
    return {k: tuple(v) if isinstance(v, list) else v for k, v in payload.items()}


def _row_of_lab(instance: Instance, campaign: Campaign) -> AnnotationRow:
    size = campaign.table.resolution
    places = {
        "pre_pt": (instance.pre_x, instance.pre_y, instance.pre_z),
        "post_pt": (instance.post_x, instance.post_y, instance.post_z),
        "ctr_pt": (*instance.center,),
    }
    values = {name: _in_voxels(place, tuple(size)) for name, place in places.items()}
    return AnnotationRow(instance.source_id, {**values, "size": 1.0})


def _in_voxels(place: tuple[Any, ...], size: tuple[float, ...]) -> Point:
    x, y, z = (
        int(at * ours // theirs) for at, ours, theirs in zip(place, size, RESOLUTION, strict=True)
    )
    return x, y, z
