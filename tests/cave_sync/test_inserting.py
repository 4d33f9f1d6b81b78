"""Rows of the outbox are there as they were meant, every column of them."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from apps.cave_sync.models import OutboxRow, SyncRun
from apps.cave_sync.services.inserting import insert_rows, update_rows
from apps.datasets.models import Instance
from tests.cave_sync.delivering import Desk

pytestmark = pytest.mark.django_db


def test_rows_are_kept_in_their_order_with_all_their_values(desk: Desk) -> None:
    delivery, now = desk.make(), timezone.now()
    run = SyncRun.objects.create(delivery=delivery, asked_at=now, moved_at=now)
    first, second = Instance.objects.filter(table=desk.campaign.table)[:2]
    payload: dict[str, Any] = {"pre_pt": [1, 2, 3], "size": 1.0, "tag": 'ä "b"', "is_valid": True}
    common: dict[str, Any] = {"delivery": delivery, "digest": "d", "version": 3, "wanted_in": run}
    full = common | {"part": "split", "payload": payload, "people": [7, 8], "said_at": now}
    full |= {"pre_root_id": 2**64 - 1, "post_root_id": 864_691_135_000_000_011, "roots_version": 7}
    rows = [
        OutboxRow(instance_id=second.pk, outcome="mended", **full),
        OutboxRow(instance_id=first.pk, payload={}, state="failed", error="It's so.", **common),
    ]
    insert_rows(rows)
    there = list(OutboxRow.objects.order_by("pk"))
    assert there[0].pk < there[1].pk
    for row, wanted in zip(there, rows, strict=True):
        for field in OutboxRow._meta.concrete_fields:
            if not field.primary_key:
                assert getattr(row, field.attname) == getattr(wanted, field.attname), field.name


def test_what_is_changed_of_many_rows_is_changed_and_nothing_else(desk: Desk) -> None:
    delivery, now = desk.make(), timezone.now()
    instances = Instance.objects.filter(table=desk.campaign.table)[:3]
    common: dict[str, Any] = {"delivery": delivery, "digest": "d", "version": 3, "payload": {}}
    insert_rows([OutboxRow(instance_id=one.pk, outcome="fine", **common) for one in instances])
    first, second, third = OutboxRow.objects.order_by("pk")
    first.people, first.said_at, first.pre_root_id = [3, 4], now, 2**64 - 2
    second.people, second.payload, second.outcome = [5], {"pre_pt": [1, 2, 3]}, "mended"
    third.outcome = "mended"
    names = ["people", "said_at", "pre_root_id", "payload", "wanted_in"]
    update_rows([first, second], names)
    told = OutboxRow.objects.order_by("pk").values_list(*names, "outcome")
    assert list(told) == [
        ([3, 4], now, 2**64 - 2, {}, None, "fine"),
        ([5], None, None, {"pre_pt": [1, 2, 3]}, None, "fine"),
        ([], None, None, {}, None, "fine"),
    ]
