"""Saving while somebody watches: how far it is, cancelled in the middle, taken up again."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event, Thread

import pytest
from django.db import connection
from django.utils import timezone

from apps.datasets.domain.copying import encode_rows
from apps.datasets.models import Dataset, DatasetPlan, Instance
from apps.datasets.services import planning_fetches, planning_watch, planning_work
from apps.datasets.services.planning import cancel_saving
from apps.datasets.services.planning_work import save_plan
from tests.datasets.wizard.conftest import Planner
from tests.support.waiting import wait_for

pytestmark = pytest.mark.django_db(transaction=True)


class Halted:
    """The loading stops after its first rows until it is let go."""

    def __init__(self) -> None:
        self.reached, self.go_on = Event(), Event()


@pytest.fixture
def halted(monkeypatch: pytest.MonkeyPatch) -> Iterator[Halted]:
    halted = Halted()

    def encode_later(*arguments: object) -> object:
        halted.reached.set()
        assert halted.go_on.wait(30)
        return encode_rows(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr("apps.datasets.services.loading.encode_rows", encode_later)
    monkeypatch.setattr(planning_watch, "WATCH_S", 0.01)
    yield halted
    halted.go_on.set()


def test_a_loading_is_cancelled_in_the_middle(planner: Planner, halted: Halted) -> None:
    planner.begin()
    planner.send("POST", "/save", status=202)
    cancelled = Event()

    def cancel() -> None:
        """As another process, on a connection of its own."""
        assert halted.reached.wait(30)
        wait_for(lambda: DatasetPlan.objects.get().progress["stage"] == "opening", "progress")
        cancel_saving(DatasetPlan.objects.get(), timezone.now())
        cancelled.set()
        halted.go_on.set()
        connection.close()

    other = Thread(target=cancel)
    other.start()
    save_plan(planner.id)
    other.join()
    plan = planner.send("GET")
    assert cancelled.is_set()
    assert (plan["status"], plan["cancelling"]) == ("draft", False)
    assert "cancelled" in plan["failure"]
    assert (Dataset.objects.count(), Instance.objects.count()) == (0, 0)
    assert planner.save()["status"] == "saved"


def test_a_worker_that_fails_is_followed_by_another_until_it_is_given_up(
    planner: Planner, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the machine is on fire")

    planner.begin()
    planner.send("POST", "/save", status=202)
    monkeypatch.setattr(planning_work, "create_dataset", fail)
    for _ in range(planning_fetches.MAX_ATTEMPTS):
        with pytest.raises(RuntimeError):
            save_plan(planner.id)
        assert planner.send("GET")["status"] == "saving"
    save_plan(planner.id)
    plan = planner.send("GET")
    assert (plan["status"], Dataset.objects.count()) == ("draft", 0)
    assert "several times" in plan["failure"]
