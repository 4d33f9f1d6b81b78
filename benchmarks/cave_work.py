"""What `cave` does inside Django, each time in a process of its own."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import django

django.setup()

from django.utils import timezone  # noqa: E402 - after the settings

from apps.accounts.models import User  # noqa: E402
from apps.campaigns.models import Campaign, Item, Membership  # noqa: E402
from apps.campaigns.services.campaigns import let_people_in  # noqa: E402
from apps.campaigns.services.paging import make_pages  # noqa: E402
from apps.cave_sync.models import Delivery, OutboxRow, SyncRun  # noqa: E402
from apps.cave_sync.services.connecting import service_for, table_of  # noqa: E402
from apps.cave_sync.services.deliveries import create_delivery  # noqa: E402
from apps.cave_sync.services.given import DeliverySettings  # noqa: E402
from apps.cave_sync.services.syncing import sync  # noqa: E402
from apps.datasets.domain.secrets import SecretKind  # noqa: E402
from apps.datasets.models import Volume  # noqa: E402
from apps.datasets.services.datasets import VolumeInput, create_dataset  # noqa: E402
from apps.datasets.services.secrets import create_secret  # noqa: E402
from apps.proofreading.domain import Label, State  # noqa: E402
from apps.proofreading.models import Settlement  # noqa: E402
from apps.proofreading.services.campaigns import open_campaign  # noqa: E402
from tests.support.cave_annotations.people import DATASTACK, OWN_TOKEN  # noqa: E402
from tests.support.cave_annotations.running import RunningCave  # noqa: E402

BATCH = 500
MOST_RUNS = 100


def prepare(address: str, paths: list[str], volumes: dict[str, str]) -> dict[str, Any]:
    """A campaign of each table, whose every instance was settled as correct."""
    del address
    manager = User.objects.create(username="manager", is_staff=True)
    create_secret("cave", SecretKind.CAVE, OWN_TOKEN, manager)
    return {"campaigns": [_campaign(manager, path, volumes) for path in paths]}


def _campaign(manager: User, path: str, volumes: dict[str, str]) -> int:
    given = [VolumeInput(Volume.Kind(kind), place) for kind, place in volumes.items()]
    name = Path(path).stem
    table = create_dataset(name, given, Path(path))
    campaign = open_campaign(name, table, {manager: Membership.Role.MANAGER}, page_size=24)
    make_pages(campaign.pk)
    let_people_in(campaign.pk)
    items = Item.objects.filter(campaign=campaign).iterator()
    while part := list(islice(items, 5_000)):
        Settlement.objects.bulk_create(
            Settlement(
                item=item,
                state=State.SETTLED,
                label=Label.CORRECT,
                p_correct=0.9,
                votes=3,
                settled_at=timezone.now(),
            )
            for item in part
        )
    return campaign.pk


def _delivery(address: str, campaign: int, table: str) -> Delivery:
    """A delivery of synapses that runs, without its dry run."""
    of = Campaign.objects.select_related("table__dataset").get(pk=campaign)
    manager = User.objects.get(username="manager")
    resolution = of.table.resolution
    wanted = DeliverySettings(
        kind="synapses",
        secret="cave",  # noqa: S106 - the name of one
        server=address,
        datastack=DATASTACK,
        table=table,
        schema="synapse",
        resolution=(resolution.x, resolution.y, resolution.z),
    )
    delivery = create_delivery(of, wanted, manager, timezone.now())
    delivery.checked_revision, delivery.state = delivery.revision, Delivery.State.ACTIVE
    delivery.save()
    return delivery


def post_plainly(address: str, campaign: int, table: str) -> dict[str, Any]:
    """As a script would: rows that are ready, in batches, by caveclient alone."""
    delivery = _delivery(address, campaign, table)
    service = service_for(delivery)
    service.create_table(table_of(delivery))
    engine = service._client.annotation
    rows = list(_ready(delivery))
    began = time.perf_counter()
    for first in range(0, len(rows), BATCH):
        engine.post_annotation(table, rows[first : first + BATCH])
    return {"rows": len(rows), "seconds": time.perf_counter() - began}


def _ready(delivery: Delivery) -> Iterator[dict[str, Any]]:
    items = Item.objects.filter(campaign=delivery.campaign).select_related("instance")
    for item in items.iterator():
        at = {"position": list(item.instance.center)}
        yield {"pre_pt": at, "post_pt": at, "ctr_pt": at, "size": 1.0}


def deliver(address: str, campaign: int, table: str) -> dict[str, Any]:
    """As a worker does, again and again until it went through; then what CAVE has is compared with
    the outcomes."""
    delivery = _delivery(address, campaign, table)
    began, spent = time.perf_counter(), time.process_time()
    for runs in range(1, MOST_RUNS + 1):
        now = timezone.now()
        SyncRun.objects.create(delivery=delivery, asked_at=now, moved_at=now)
        sync(delivery.pk)
        run = delivery.runs.latest("pk")
        if run.stage == SyncRun.Stage.DONE:
            break
        if run.stage != SyncRun.Stage.FAILED or runs == MOST_RUNS:
            raise RuntimeError(run.words)
    seconds, cpu_s = time.perf_counter() - began, time.process_time() - spent
    mended = sum(delivery.runs.values_list("mended", flat=True))
    return {
        "seconds": seconds,
        "cpu, s": cpu_s,
        "runs": runs,
        "read back": mended,
        **_compared(address, delivery),
    }


def _compared(address: str, delivery: Delivery) -> dict[str, int]:
    """Outcomes that CAVE lacks at their place, and rows that it has beside one for each."""
    items = Item.objects.filter(campaign=delivery.campaign).select_related("instance")
    wanted = {(item.instance_id, (*item.instance.center,)) for item in items.iterator()}
    instances = dict(OutboxRow.objects.filter(delivery=delivery).values_list("pk", "instance"))
    stored = RunningCave(address).rows(delivery.table)
    there = [
        (instances.get(row["id"]), (*row["values"]["ctr_pt_position"],))
        for row in stored
        if row["valid"]
    ]
    return {
        "rows": len(wanted),
        "lost": len(wanted - set(there)),
        "doubled": len(there) - len(set(there) & wanted),
    }


WORK: dict[str, Callable[..., dict[str, Any]]] = {
    "prepare": prepare,
    "post_plainly": post_plainly,
    "deliver": deliver,
}

if __name__ == "__main__":
    name, arguments = sys.argv[1], json.loads(sys.argv[2])
    print(json.dumps(WORK[name](**arguments)))
