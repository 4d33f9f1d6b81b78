"""Two people, or a person and a worker, do something with a delivery at once: one comes after the
other, and is told so."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.campaigns.models import Campaign
from apps.cave_sync.models import Delivery, SyncRun
from apps.cave_sync.services.deliveries import (
    change_delivery,
    remove_delivery,
    start_delivery,
)
from apps.cave_sync.services.given import DeliverySettings
from apps.core.errors import ConflictError
from tests.campaigns.test_two_at_once import at_once
from tests.support.deliveries import a_delivery
from tests.support.locks import somebody_waits
from tests.support.paper import paper_campaign
from tests.support.people import make_team
from tests.support.revisions import roles_of
from tests.support.waiting import wait_for

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def paper(tmp_path: Path) -> Campaign:
    return paper_campaign(tmp_path, roles_of(make_team()), instances=1)


@pytest.fixture
def manager(paper: Campaign) -> User:
    return User.objects.get(username="manager")


def start(delivery: Delivery, by: User) -> SyncRun:
    return start_delivery(delivery, by, timezone.now())


@contextmanager
def waiting_behind(deed: Callable[[], object]) -> Iterator[list[ConflictError]]:
    """Within, what is done stays unseen until the end, and `deed`, which began meanwhile, waits for
    it; with what it was refused, if it was."""
    refused: list[ConflictError] = []

    def late() -> None:
        try:
            deed()
        except ConflictError as error:
            refused.append(error)
        finally:
            connection.close()

    beside = threading.Thread(target=late)
    with transaction.atomic():
        yield refused
        beside.start()
        wait_for(somebody_waits, "it waits")
    beside.join(timeout=30)
    assert not beside.is_alive()


def test_of_two_who_start_it_at_once_both_see_one_run(paper: Campaign, manager: User) -> None:
    delivery = a_delivery(paper, manager)
    runs: list[int] = []
    at_once([lambda: runs.append(start(delivery, manager).pk) for _ in range(2)])
    assert runs == [SyncRun.objects.get().pk] * 2


def test_a_table_that_two_datastacks_share_goes_to_who_starts_first(
    paper: Campaign, manager: User
) -> None:
    """The dry runs found neither of them started."""
    first = a_delivery(paper, manager, aligned_volume="tiny_volume")
    second = Delivery.objects.get(pk=first.pk)
    second.pk, second.key, second.datastack = None, uuid.uuid4(), "tiny_public"
    second.save(force_insert=True)
    with waiting_behind(lambda: start(second, manager)) as refused:
        start(first, manager)
    [error] = refused
    assert (error.field, f"to {first.table} of tiny already" in error.sentence) == ("table", True)
    assert [run.delivery_id for run in SyncRun.objects.all()] == [first.pk]
    assert Delivery.objects.get(pk=second.pk).state == Delivery.State.DRAFT


def test_who_changes_or_removes_it_while_it_is_started_comes_too_late(
    paper: Campaign, manager: User
) -> None:
    delivery = a_delivery(paper, manager)
    other = DeliverySettings(
        kind="synapses",
        secret=delivery.secret.name,
        server=delivery.server,
        datastack=delivery.datastack,
        table="another",
        schema=delivery.schema,
        resolution=delivery.resolution,
    )
    deeds: tuple[Callable[[], object], ...] = (
        lambda: change_delivery(delivery, other, manager, timezone.now()),
        lambda: remove_delivery(delivery, manager, timezone.now()),
    )
    for deed in deeds:
        with waiting_behind(deed) as refused:
            start(delivery, manager)
        [error] = refused
        assert "a worker is still at" in error.sentence
    kept = Delivery.objects.get()
    assert (kept.state, kept.table) == ("active", delivery.table)
