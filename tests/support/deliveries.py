"""Deliveries to CAVE as the database keeps them, without CAVE."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from apps.accounts.models import User
from apps.campaigns.models import Campaign
from apps.cave_sync.models import Delivery, OutboxRow
from apps.datasets.domain.secrets import SecretKind
from apps.datasets.models import Instance
from apps.datasets.services.secrets import create_secret

VALUES = {"pre_pt": [1, 2, 3], "post_pt": [4, 5, 6], "ctr_pt": [2, 3, 4], "size": 0.0}


def a_delivery(campaign: Campaign, manager: User, rows: int = 0, **changes: Any) -> Delivery:
    """Of synapses; it was tried and has sent so many rows, and one time it has failed."""
    now = timezone.now()
    secret = create_secret(f"cave of {campaign.pk}", SecretKind.CAVE, "0123abcd", manager)
    shown = {"source_id": 7, "state": "mended", "part": "", "values": VALUES}
    values: dict[str, Any] = {
        **{"kind": "synapses", "secret": secret, "server": "https://cave.example.org"},
        **{"datastack": "tiny", "table": f"synapses_of_{campaign.pk}", "schema": "synapse"},
        **{"resolution_x": 8.0, "resolution_y": 8.0, "resolution_z": 30.0},
        **{"taken": ["mended", "added"], "fillings": {"size": {"source": "size"}}},
        "checked_revision": 1,
        "checked_at": now,
        "found": {
            **{"problems": [], "notices": ["The table is made when it is started."]},
            **{"rows": [shown], "count": rows, "unfit": 0, "examples": []},
        },
        "created_by": manager,
    }
    delivery = Delivery.objects.create(campaign=campaign, **values | changes)
    if not rows:
        return delivery
    policy = {"rule": "majority", "most_votes": 1}
    run = delivery.runs.create(
        **{"asked_by": manager, "asked_at": now, "moved_at": now, "finished_at": now},
        **{"stage": "failed", "words": "503 Service Unavailable", "policy": policy},
    )
    Delivery.objects.filter(pk=delivery.pk).update(held=rows)
    instances = Instance.objects.filter(table=campaign.table).order_by("pk")[:rows]
    for instance in instances:
        OutboxRow.objects.create(
            **{"delivery": delivery, "instance": instance, "payload": VALUES, "digest": "0" * 32},
            **{"state": "held", "sent_at": now, "said_at": now, "outcome": "mended"},
            **{"people": [manager.pk], "version": campaign.version, "wanted_in": run},
        )
    return delivery
