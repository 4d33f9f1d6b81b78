"""An item has its instance, whoever writes at the same moment: the database sees to it."""

# ruff: noqa: S608 - the names in these statements are our own
from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from django.db import DatabaseError, IntegrityError, NotSupportedError, connection, transaction

from apps.accounts.models import User
from apps.campaigns.models import Campaign, Item, Membership
from apps.campaigns.services.paging import make_pages
from apps.datasets.models import Instance, SynapseTable
from apps.datasets.services.partitions import drop_partition
from apps.proofreading.services.campaigns import open_campaign
from tests.support.datasets import make_empty_dataset
from tests.support.waiting import wait_for

pytestmark = pytest.mark.django_db(transaction=True)

ROWS = 8
_WAITS_FOR_US = """
SELECT count(*) FROM pg_locks
WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))
"""
Start = Callable[[Callable[[], object]], "Beside"]


@pytest.fixture(params=["small", "large"])
def campaign(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Campaign]:
    """Without items, of a table that shares its partition or has one of its own."""
    if request.param == "large":
        monkeypatch.setattr("apps.datasets.services.loading.LARGE_TABLE_ROWS", 1)
    axes = [f"{point}{axis}" for point in ("", "pre_pt_", "post_pt_") for axis in "xyz"]
    row = dict.fromkeys([*axes, "pre_neuron_id", "post_neuron_id"], 10)
    table = make_empty_dataset(tmp_path, [row] * ROWS)
    roles = {User.objects.create(username="mia"): Membership.Role.MANAGER}
    yield open_campaign("Eight", table, roles, as_draft=True)
    with transaction.atomic():  # nothing else clears up after a test more than rows
        Item.objects.all().delete()
        drop_partition(table)


@pytest.fixture
def far() -> Iterator[int]:
    """An id that one more partition would hold."""
    first = 4_000_000 << 40
    run(
        "CREATE TABLE far PARTITION OF datasets_instance "
        f"FOR VALUES FROM ({first}) TO ({2 * first})"
    )
    yield first
    run("DROP TABLE far")


class Beside(threading.Thread):
    """Does something in a transaction of its own; `failure` is what refused it."""

    def __init__(self, deed: Callable[[], object]) -> None:
        super().__init__()
        self.deed = deed
        self.failure: DatabaseError | None = None

    def run(self) -> None:
        try:
            with transaction.atomic():
                self.deed()
        except DatabaseError as error:
            self.failure = error
        finally:
            connection.close()

    def join(self, timeout: float | None = 30) -> None:
        super().join(timeout)
        assert not self.is_alive()


@pytest.fixture
def start() -> Iterator[Start]:
    started: list[Beside] = []

    def start_it(deed: Callable[[], object]) -> Beside:
        started.append(Beside(deed))
        started[-1].start()
        return started[-1]

    yield start_it
    for one in started:
        one.join()


def instances_of(campaign: Campaign) -> list[Instance]:
    return list(campaign.table.instances.order_by("pk"))


def add_items(campaign: Campaign, instance_ids: list[int]) -> None:
    first = campaign.items.count()
    Item.objects.bulk_create(
        Item(campaign=campaign, instance_id=instance_id, position=position)
        for position, instance_id in enumerate(instance_ids, start=first)
    )


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def delete_row(instance: Instance, of: str = "datasets_instance") -> None:
    run(f"DELETE FROM {of} WHERE id = {instance.pk}")


def delete_all(table: SynapseTable) -> None:
    if not drop_partition(table):
        run(f"DELETE FROM datasets_instance WHERE table_id = {table.pk}")


def partition_of(instance: Instance) -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tableoid::regclass::text FROM datasets_instance WHERE id = %s", [instance.pk]
        )
        return str(cursor.fetchone()[0])


def at_level(level: str, deed: Callable[[], object]) -> None:
    with transaction.atomic():
        run(f"SET TRANSACTION ISOLATION LEVEL {level}")
        deed()


def clone(campaign: Campaign) -> Campaign:
    """Another one of the same table, without items."""
    return Campaign.objects.create(name="Other eight", table=campaign.table)


def someone_waits_for_us() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_WAITS_FOR_US)
        return bool(cursor.fetchone()[0])


def test_items_of_instances_that_there_are(campaign: Campaign) -> None:
    make_pages(campaign.pk)
    assert campaign.items.count() == ROWS
    one, other = campaign.items.order_by("pk")[:2]
    other.delete()
    one.instance_id = other.instance_id
    one.save()


def test_of_many_items_one_without_an_instance_refuses_all(campaign: Campaign) -> None:
    known = [one.pk for one in instances_of(campaign)]
    with pytest.raises(IntegrityError, match=f"no instance {known[-1] + 1} "), transaction.atomic():
        add_items(campaign, [*known, known[-1] + 1])
    assert not campaign.items.exists()


def test_an_item_is_not_given_another_instance_that_there_is_not(campaign: Campaign) -> None:
    known = [one.pk for one in instances_of(campaign)]
    add_items(campaign, known)
    with pytest.raises(IntegrityError, match="no instance"), transaction.atomic():
        campaign.items.filter(position=0).update(instance_id=known[-1] + 1)
    assert campaign.items.get(position=0).instance_id == known[0]


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM datasets_instance WHERE id = {id}",
        "DELETE FROM {own} WHERE id = {id}",
        "UPDATE datasets_instance SET id = id + 100 WHERE id = {id}",
        "UPDATE datasets_instance SET id = {elsewhere} WHERE id = {id}",
        "UPDATE datasets_instance SET table_id = {other} WHERE id = {id}",
        "TRUNCATE datasets_instance",
    ],
)
def test_an_instance_with_an_item_stays(campaign: Campaign, far: int, statement: str) -> None:
    found = instances_of(campaign)
    add_items(campaign, [one.pk for one in found])
    other = SynapseTable.objects.get(pk=campaign.table_id)
    other.pk, other.version = None, 2
    other.save()
    names = {"own": partition_of(found[3]), "elsewhere": far, "other": other.pk}
    with pytest.raises(IntegrityError), transaction.atomic():
        run(statement.format(id=found[3].pk, **names))
    assert instances_of(campaign) == found


@pytest.mark.parametrize("whole", [True, False])
def test_an_instance_without_an_item_goes(campaign: Campaign, far: int, whole: bool) -> None:
    first, *others = instances_of(campaign)
    add_items(campaign, [one.pk for one in others])
    delete_row(first, "datasets_instance" if whole else partition_of(first))
    assert instances_of(campaign) == others


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_who_does_not_see_what_others_commit_is_refused(campaign: Campaign, level: str) -> None:
    """Two such transactions would not see what the other did, though each waits for the other."""
    first, second, *_ = instances_of(campaign)
    add_items(campaign, [first.pk])
    for deed in (partial(add_items, campaign, [second.pk]), partial(delete_row, second)):
        with pytest.raises(NotSupportedError, match="what others commit"):
            at_level(level, deed)
    assert campaign.items.get().instance_id == first.pk


def test_a_partition_with_an_item_stays(campaign: Campaign) -> None:
    add_items(campaign, [instances_of(campaign)[3].pk])
    with pytest.raises(IntegrityError), transaction.atomic():
        delete_all(campaign.table)
    assert len(instances_of(campaign)) == ROWS


@pytest.mark.parametrize("one_row", [True, False])
def test_who_deletes_waits_for_who_writes_items_and_is_refused(
    campaign: Campaign, start: Start, one_row: bool
) -> None:
    found = instances_of(campaign)
    with transaction.atomic():
        add_items(campaign, [found[3].pk])
        deed = partial(delete_row, found[3]) if one_row else partial(delete_all, campaign.table)
        deletion = start(deed)
        wait_for(someone_waits_for_us, "the deletion")
    deletion.join()
    assert isinstance(deletion.failure, IntegrityError)
    assert instances_of(campaign) == found


@pytest.mark.parametrize("one_row", [True, False])
def test_who_writes_items_waits_for_who_deletes_and_is_refused(
    campaign: Campaign, start: Start, one_row: bool
) -> None:
    found = instances_of(campaign)
    with transaction.atomic():
        if one_row:
            delete_row(found[3])
        else:
            delete_all(campaign.table)
        writing = start(partial(add_items, campaign, [found[2].pk, found[3].pk]))
        wait_for(someone_waits_for_us, "who writes items")
    writing.join()
    assert isinstance(writing.failure, IntegrityError)
    assert not campaign.items.exists()


def test_a_deletion_that_is_taken_back_refuses_nobody(campaign: Campaign, start: Start) -> None:
    found = instances_of(campaign)
    with transaction.atomic():
        delete_row(found[3])
        writing = start(partial(add_items, campaign, [found[3].pk]))
        wait_for(someone_waits_for_us, "who writes items")
        transaction.set_rollback(True)
    writing.join()
    assert writing.failure is None
    assert campaign.items.get().instance_id == found[3].pk


def test_who_writes_items_waits_for_nobody_who_writes_items(
    campaign: Campaign, start: Start
) -> None:
    found = instances_of(campaign)
    other = clone(campaign)
    with transaction.atomic():
        add_items(campaign, [one.pk for one in found])
        writing = start(partial(add_items, other, [one.pk for one in found]))
        writing.join()
    assert writing.failure is None
    assert (campaign.items.count(), other.items.count()) == (ROWS, ROWS)
