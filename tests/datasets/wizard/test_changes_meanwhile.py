"""What people change while workers are at it, and what stays of a plan that fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.core.errors import NotFoundError
from apps.datasets.models import Dataset, DatasetPlan, TableUpload
from apps.datasets.services import planning_work
from apps.datasets.services.planning import change_plan
from apps.datasets.services.planning_work import examine_plan, preview_plan
from apps.datasets.services.previewing import draw_preview
from tests.datasets.wizard.conftest import ADDRESS, Planner

pytestmark = pytest.mark.django_db


@pytest.fixture
def during(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Has something done while the next preview is drawn, and no other."""

    def set_up(action: Callable[[], object]) -> None:
        actions = [action]

        def draw(*arguments: Any, **options: Any) -> object:
            drawn = draw_preview(*arguments, **options)
            if actions:
                actions.pop()()
            return drawn

        monkeypatch.setattr(planning_work, "draw_preview", draw)

    return set_up


def test_a_plan_is_renamed_while_its_preview_is_made(
    planner: Planner, redis_client: object, during: Callable[[Callable[[], object]], None]
) -> None:
    planner.begin()
    during(lambda: planner.send("PATCH", body={"name": "another"}))
    preview = planner.preview()
    assert (preview["state"], len(preview["instances"])) == ("ready", 5)


def test_the_preview_of_the_last_seed_stays(
    planner: Planner, redis_client: object, during: Callable[[Callable[[], object]], None]
) -> None:
    planner.begin()
    first, second = planner.preview(seed=1), planner.preview(seed=2)
    during(lambda: planner.send("POST", "/preview", {"seed": 2}, status=202))
    assert planner.preview(seed=1)["state"] == "making"  # by the job of the second
    preview_plan(planner.id)
    found = planner.send("GET", "/preview")
    assert found["instances"] == second["instances"] != first["instances"]


def test_a_preview_of_former_settings_is_dropped(
    planner: Planner, redis_client: object, during: Callable[[Callable[[], object]], None]
) -> None:
    planner.begin()
    during(lambda: planner.upload(planner.files.table.read_bytes()))
    assert planner.preview()["state"] == "none"


def test_changes_one_after_another_are_no_attempts(planner: Planner, redis_client: object) -> None:
    planner.begin()
    planner.preview()
    for _ in range(5):
        examine_plan(planner.id)  # of changes that another job has looked at already
    preview_plan(planner.id)  # its pictures are no longer there
    assert planner.send("GET", "/preview")["state"] == "ready"


def test_a_change_forgets_which_rows_were_refused(planner: Planner) -> None:
    planner.begin()
    DatasetPlan.objects.update(failure="no", refused=b"x" * 1000, refused_count=3)
    with CaptureQueriesContext(connection) as queries:
        assert planner.send("GET")["refused_rows"] == 3
    assert '"refused"' not in str(queries.captured_queries)  # a poll is short
    changed = planner.change(name="another")
    assert (changed["failure"], changed["refused_rows"]) == ("", 0)
    assert planner.client.get(f"{ADDRESS}/{planner.id}/refused.csv").status_code == 404


def test_a_plan_that_was_refused_leaves_nothing(planner: Planner) -> None:
    planner.begin()
    planner.save()
    planner.id = 0
    planner.send("POST", body={"dataset": "tissue", "name": "another"}, status=400)
    assert DatasetPlan.objects.count() == 1


def test_a_plan_is_removed_while_it_is_changed(planner: Planner) -> None:
    planner.begin()
    plan = DatasetPlan.objects.get()
    planner.send("DELETE", status=204)
    with pytest.raises(NotFoundError):
        change_plan(plan, {"name": "another"}, timezone.now())


def test_a_mapping_with_an_endless_number_is_refused(planner: Planner) -> None:
    planner.begin()
    body = '{"table": {"mapping": {"center": ["x", "y", "z"], "no_neuron": 1e400}}}'
    address = f"{ADDRESS}/{planner.id}"
    answer = planner.client.patch(address, body, content_type="application/json")
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, "table.mapping")


def test_a_name_of_many_bytes_becomes_a_file(planner: Planner) -> None:
    planner.begin()
    planner.upload(planner.files.table.read_bytes(), "𝔖" * 96 + ".csv")
    plan = planner.looked_at()
    assert plan["problems"] == {}
    assert TableUpload.objects.get().name.endswith("𝔖.csv")


def test_the_file_goes_with_the_saving_or_not_at_all(
    planner: Planner, monkeypatch: pytest.MonkeyPatch
) -> None:
    planner.begin()
    planner.send("POST", "/save", status=202)
    monkeypatch.setattr(planning_work, "TableUpload", None)  # the worker ends when it is removed
    with pytest.raises(AttributeError):
        planning_work.save_plan(planner.id)
    assert (DatasetPlan.objects.get().status, Dataset.objects.count()) == ("saving", 0)
