"""What the real services do unasked, and no other story is about."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from apps.cave_sync.domain.annotations import NewTable
from apps.cave_sync.gateways.annotation_service import AnnotationService
from apps.cave_sync.models import Delivery
from apps.cave_sync.services.connecting import service_for
from apps.cave_sync.services.deliveries import ask_sync, start_delivery
from apps.cave_sync.services.syncing import sync
from apps.datasets.models import Secret
from apps.datasets.services.secrets import replace_secret
from synanno_server.env import REPOSITORY
from tests.cave_sync.contract.conftest import RESOLUTION, synapse
from tests.cave_sync.delivering import Desk, check_same
from tests.support.cave_annotations.people import OWN_TOKEN
from tests.support.cave_annotations.running import RunningCave


def test_the_package_of_schemas_that_needs_an_old_numpy_is_not_there() -> None:
    locked = (REPOSITORY / "uv.lock").read_text()
    assert 'name = "caveclient"' in locked
    assert not re.search(r'name = "emannotationschemas"', locked)


def new_table(service: AnnotationService, name: str) -> str:
    return service.create_table(NewTable(name, "synapse", "For a test.", RESOLUTION))


def test_rows_that_were_superseded_are_counted(stand_in_cave: RunningCave) -> None:
    """So of synapses that were put, more rows are counted than were sent."""
    service = AnnotationService(stand_in_cave.datastack, OWN_TOKEN)
    table = new_table(service, "superseded")
    service.post(table, [synapse(500)])
    service.put(table, [synapse(500, size=2)])
    assert service.count(table) == 2


def test_updates_of_anothers_table_are_not_followed(
    stand_in_cave: RunningCave, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = AnnotationService(stand_in_cave.datastack, OWN_TOKEN)
    engine, told = service._client.annotation, list[Any]()
    real = engine.create_table

    def create_table(*arguments: Any, **options: Any) -> Any:
        told.append(options["track_target_id_updates"])
        return real(*arguments, **options)

    monkeypatch.setattr(engine, "create_table", create_table)
    made = NewTable("of_others", "reference_tag", "For a test.", RESOLUTION, "synapses")
    service.create_table(made)
    assert told == [False]


def test_where_a_datastack_is_asked_is_kept_in_no_file(
    stand_in_cave: RunningCave, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Workers share their home, and the server is the delivery's."""
    monkeypatch.setenv("HOME", str(tmp_path))
    AnnotationService(stand_in_cave.datastack, OWN_TOKEN)
    assert not [*tmp_path.rglob("*")]


@pytest.mark.django_db
def test_each_run_asks_with_a_client_of_its_own(desk: Desk) -> None:
    """Since a client keeps for hours what it was told of versions and datastacks."""
    desk.settle(0)
    delivery, clients = desk.started(), list[AnnotationService]()

    def connect(of: Delivery) -> AnnotationService:
        clients.append(service_for(of))
        return clients[-1]

    for _ in range(2):
        ask_sync(delivery, desk.manager, timezone.now())
        sync(delivery.pk, connect)
    first, second = clients
    assert first._client is not second._client


@pytest.mark.django_db
def test_a_token_that_is_no_longer_known_ends_it_until_there_is_another(desk: Desk) -> None:
    """CAVE says so with 401; the same number in its words is about somebody else's table."""
    desk.settle(0)
    delivery = desk.started()
    secret = Secret.objects.get(name="cave")
    replace_secret(secret, "9" * 32, desk.manager)
    assert desk.sync(delivery).stage == "failed"
    delivery.refresh_from_db()
    assert delivery.state == "failed"
    assert "invalid_token" in delivery.failure
    replace_secret(secret, OWN_TOKEN, desk.manager)
    start_delivery(delivery, desk.manager, timezone.now())
    sync(delivery.pk)
    check_same(desk, delivery)
