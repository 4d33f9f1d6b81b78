"""Tables are loaded from addresses as from files."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import override_settings

from apps.datasets.domain.secrets import SecretKind
from apps.datasets.gateways.fetching import FetchError
from apps.datasets.models import Dataset, SynapseTable
from apps.datasets.services.fetching import FETCHING
from apps.datasets.services.secrets import create_secret
from apps.datasets.services.tables import TableInput, load_table
from tests.support.volumes import PhantomFiles
from tests.support.web import Answer, Asked, web

pytestmark = pytest.mark.django_db

TOKEN = "tok-1234567890"


@pytest.fixture
def dataset(table: SynapseTable) -> Dataset:
    return table.dataset


def test_a_table_is_loaded_from_its_address(dataset: Dataset, phantom_files: PhantomFiles) -> None:
    body = phantom_files.table.read_bytes()
    told: list[tuple[str, int]] = []
    with web(lambda _: Answer(body=body)) as server:
        given = TableInput(
            f"{server.address}/lab/round%202.csv?signature=hidden", name="by address"
        )
        made = load_table(dataset, given, on_progress=lambda *one: told.append(one))
    assert made.row_count == phantom_files.rows
    assert made.source == f"{server.address}/lab/round%202.csv?…"
    assert (FETCHING, 0) in told


def test_a_bad_row_names_the_file_by_its_own_name(
    dataset: Dataset, phantom_files: PhantomFiles
) -> None:
    body = phantom_files.table.read_bytes().replace(b"\n", b"\nx", 2)
    with (
        web(lambda _: Answer(body=body)) as server,
        pytest.raises(Exception, match=r"round_2\.csv, line 2") as refused,
    ):
        load_table(dataset, TableInput(f"{server.address}/round%202.csv"))
    assert "synanno-table-" not in str(refused.value)


def test_a_table_that_is_larger_than_allowed_is_not_loaded(dataset: Dataset) -> None:
    small = override_settings(ENVIRONMENT=replace(settings.ENVIRONMENT, largest_table_mb=1))
    with (
        web(lambda _: Answer(body=bytes(2**20 + 1))) as server,
        small,
        pytest.raises(FetchError, match="larger than the 1 MB"),
    ):
        load_table(dataset, TableInput(f"{server.address}/t.csv"))
    assert dataset.tables.count() == 1


def test_the_command_takes_an_address_and_a_secret(
    dataset: Dataset, phantom_files: PhantomFiles
) -> None:
    body = phantom_files.table.read_bytes()

    def answer(asked: Asked) -> Answer:
        is_known = asked.headers.get("authorization") == f"Bearer {TOKEN}"
        return Answer(body=body) if is_known else Answer(401)

    create_secret("table store", SecretKind.HTTPS, TOKEN)
    with web(answer) as server:
        address = f"{server.address}/t.csv"
        with pytest.raises(CommandError, match="asks for a login"):
            call_command("load_table", dataset.name, address)
        with pytest.raises(CommandError, match="there is no secret 'none'"):
            call_command("load_table", dataset.name, address, "--table-secret", "none")
        call_command("load_table", dataset.name, address, "--table-secret", "table store")
    assert dataset.tables.count() == 2
