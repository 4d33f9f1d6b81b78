"""A campaign whose results go to tables of the services under test, and how these are looked at:
through the gateway alone, as real ones give nobody another way in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from apps.accounts.models import User
from apps.campaigns.models import Campaign
from apps.cave_sync.models import Delivery, OutboxRow, SyncRun
from apps.cave_sync.services.connecting import service_for
from apps.cave_sync.services.syncing import Connect
from apps.datasets.models import Instance
from tests.cave_sync import delivering
from tests.cave_sync.contract.conftest import RESOLUTION, Cave

_MOST_RUNS = 60
State = OutboxRow.State
NewTable = Callable[..., str]


class Sender(delivering.Sender):
    """One who delivers to the services, with a lab's table of their own where one is made.

    new_table: makes a table of this run.
    """

    resolution = RESOLUTION

    def __init__(self, cave: Cave, campaign: Campaign, manager: User, new_table: NewTable) -> None:
        super().__init__(campaign, manager, cave.datastack, cave.token)
        self.cave, self.new_table, self.lab = cave, new_table, ""

    def new_name(self, kind: str) -> str:
        name = self.cave.new_name()
        self.cave.tables.append(name)
        return name

    def lab_table(self, without: int | None = None) -> str:
        """A table of synapses as a lab has it: the campaign's, under the same ids, `without` one of
        them."""
        self.lab = self.new_table()
        ours = Instance.objects.filter(table=self.campaign.table).select_related("table")
        rows = [
            delivering.row_of_lab(one, RESOLUTION)
            for one in ours.order_by("source_id")
            if one.source_id != without
        ]
        self.cave.service().post(self.lab, rows)
        return self.lab

    def sync_until_done(self, delivery: Delivery, connect: Connect = service_for) -> int:
        """As often as it takes; how often that was."""
        for attempt in range(1, _MOST_RUNS + 1):
            if self.sync(delivery, connect).stage == SyncRun.Stage.DONE:
                return attempt
        raise AssertionError(f"not done in {_MOST_RUNS} runs")

    def there(self, delivery: Delivery) -> dict[int, dict[str, Any]]:
        """Of those that the outbox knows."""
        ids = delivery.rows.values_list("pk", flat=True)
        read = self.cave.service().read(delivery.table, list(ids))
        return {
            pk: dict(row.values)
            for pk, row in read.items()
            if row.is_valid and row.deleted is None and row.superseded_by is None
        }

    def count(self, delivery: Delivery) -> int:
        return self.cave.service().count(delivery.table)

    def check_same(self, delivery: Delivery) -> None:
        """CAVE has what the outbox says, and nothing is on its way."""
        delivering.check_same(self, delivery)
        live = delivery.rows.exclude(state=State.GONE)
        assert set(live.values_list("state", flat=True)) <= {State.HELD, State.FAILED}
