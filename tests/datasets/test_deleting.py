"""Datasets and tables are deleted whole, and only where no campaign has them."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.accounts.models import User
from apps.campaigns.models import Campaign, Membership
from apps.campaigns.services.paging import make_pages
from apps.core.errors import ConflictError
from apps.datasets.models import Dataset, SynapseTable
from apps.datasets.services import deleting
from apps.datasets.services.deleting import delete_dataset, delete_table
from apps.datasets.services.tables import TableInput, load_table
from apps.proofreading.services.campaigns import open_campaign
from tests.support.counts import counts
from tests.support.datasets import make_empty_dataset
from tests.support.volumes import write_table

pytestmark = pytest.mark.django_db

AXES = [f"{point}{axis}" for point in ("", "pre_pt_", "post_pt_") for axis in "xyz"]
ROW = dict.fromkeys([*AXES, "pre_neuron_id", "post_neuron_id"], 10)


@pytest.fixture
def dataset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Dataset:
    """With a small table and one that has a partition of its own."""
    dataset = make_empty_dataset(tmp_path / "small", [ROW] * 7).dataset
    monkeypatch.setattr("apps.datasets.services.loading.LARGE_TABLE_ROWS", 8)
    path = write_table(tmp_path / "large.csv", [ROW] * 8)
    load_table(dataset, TableInput(path, name="large"))
    return dataset


@pytest.fixture
def ada(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create(username="ada", is_superuser=True, is_staff=True))
    return client


def begin(table: SynapseTable, name: str) -> Campaign:
    mia, _ = User.objects.get_or_create(username="mia")
    return open_campaign(name, table, {mia: Membership.Role.MANAGER}, as_draft=True)


def url(one: Dataset | SynapseTable, what: str) -> str:
    return reverse(f"admin:{one._meta.app_label}_{one._meta.model_name}_{what}", args=[one.pk])


def partitions() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_class "
            "WHERE relkind = 'r' AND starts_with(relname, 'datasets_instance')"
        )
        return int(cursor.fetchone()[0])


def test_a_dataset_goes_with_its_tables(dataset: Dataset) -> None:
    before = partitions()
    with CaptureQueriesContext(connection) as queries:
        delete_dataset(dataset)
    assert not any(counts())
    assert partitions() == before - 1
    assert "datasets_instance_" not in " ".join(
        one["sql"] for one in queries if one["sql"].startswith("DELETE")
    ), "the large table goes as a whole"


def test_a_dataset_with_campaigns_stays(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    begin(dataset.tables.get(name="large"), "First")
    before = counts()
    with pytest.raises(
        ConflictError, match=r"^dataset: empty cannot be deleted: the campaign First has its tables"
    ):
        delete_dataset(dataset)
    for table in dataset.tables.order_by("pk"):
        for number in range(2):
            begin(table, f"{table.name} {number}")
    with pytest.raises(
        ConflictError, match=r"the campaigns First, synapses 0, synapses 1 and 2 more have its"
    ):
        delete_dataset(dataset)

    # One that begins after this was looked at is seen by the database.
    monkeypatch.setattr(deleting, "campaigns_of", lambda tables: [])
    with pytest.raises(ConflictError, match="a campaign has a table of it"):
        delete_dataset(dataset)
    assert counts()[:4] == before[:4]


@pytest.mark.parametrize("name", ["synapses", "large"])
def test_a_table_with_items_stays(
    dataset: Dataset, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = dataset.tables.get(name=name)
    make_pages(begin(table, "First").pk)
    before = counts(), partitions()
    monkeypatch.setattr(deleting, "campaigns_of", lambda tables: [])
    with pytest.raises(ConflictError, match="a campaign has it"):
        delete_table(table)
    assert (counts(), partitions()) == before


class TestInTheAdmin:
    def test_a_dataset_is_deleted_as_the_service_does_it(
        self, ada: Client, dataset: Dataset
    ) -> None:
        with CaptureQueriesContext(connection) as queries:
            asked = ada.get(url(dataset, "delete")).content.decode()
        assert "15" in asked
        assert not any('FROM "datasets_instance"' in one["sql"] for one in queries)
        ada.post(url(dataset, "delete"), {"post": "yes"})
        assert not any(counts()[:4])

    def test_a_table_is_deleted_likewise(self, ada: Client, dataset: Dataset) -> None:
        before = partitions()
        ada.post(url(dataset.tables.get(name="large"), "delete"), {"post": "yes"})
        assert dataset.tables.get().name == "synapses"
        assert partitions() == before - 1

    def test_campaigns_that_have_it_are_named(self, ada: Client, dataset: Dataset) -> None:
        begin(dataset.tables.get(name="large"), "Keeps it")
        before = counts()
        assert "Keeps it" in ada.get(url(dataset, "delete")).content.decode()
        answer = ada.post(url(dataset, "delete"), {"post": "yes"}, follow=True)
        assert "Keeps it" in answer.content.decode()
        assert counts() == before

    def test_a_campaign_that_begins_meanwhile_is_told_of(
        self, ada: Client, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        begin(dataset.tables.get(name="large"), "Keeps it")
        monkeypatch.setattr("apps.datasets.admin.campaigns_of", lambda tables: [])
        before = counts()
        answer = ada.post(url(dataset, "delete"), {"post": "yes"}, follow=True)
        assert "the campaign Keeps it has its tables" in answer.content.decode()
        assert counts() == before

    def test_only_who_may_delete(self, dataset: Dataset) -> None:
        client = Client()
        client.force_login(User.objects.create(username="ben", is_staff=True))
        assert client.post(url(dataset, "delete"), {"post": "yes"}).status_code == 403
        assert Dataset.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_while_others_read_at_length_nobody_waits_behind_a_deletion(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.datasets.services.partitions._MOMENT_S", 0.2)
    large = dataset.tables.get(name="large")
    reader = connection.copy()
    try:
        with reader.cursor() as cursor:
            cursor.execute("BEGIN; SELECT FROM datasets_instance LIMIT 1")
            with pytest.raises(ConflictError, match="loaded or read at length just now"):
                delete_table(large)
            assert large.instances.count() == 8
            cursor.execute("COMMIT")
        delete_table(large)
    finally:
        reader.close()
    assert not dataset.tables.filter(name="large").exists()
