"""The page of datasets leads to campaigns on their tables."""

from __future__ import annotations

import pytest

from apps.datasets.models import Dataset
from apps.datasets.services.tables import TableInput, load_table
from tests.datasets.wizard.conftest import Planner

pytestmark = pytest.mark.django_db


def test_campaigns_on_a_table_begin_with_the_crop_of_its_plan(planner: Planner) -> None:
    planner.begin()
    saved = planner.save()["table"]["id"]
    link = "/campaigns/new/?table={}&amp;crop=96,96,6"
    assert link.format(saved) in planner.client.get("/datasets/").content.decode()
    # The next version was loaded by a command, which says nothing of it.
    dataset = Dataset.objects.get(name="tissue")
    given = TableInput(planner.files.table)
    table = load_table(dataset, given)
    assert link.format(table.pk) in planner.client.get("/datasets/").content.decode()
    other = load_table(dataset, TableInput(planner.files.table, name="of a command"))
    assert f'/campaigns/new/?table={other.pk}"' in planner.client.get("/datasets/").content.decode()
