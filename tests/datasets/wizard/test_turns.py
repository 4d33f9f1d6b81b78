"""Work on plans shares the workers with those who wait for pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest
import redis
from django.db import connection, transaction
from django.utils import timezone

from apps.core.jobs import Job
from apps.core.locks import alone
from apps.datasets.models import Dataset, DatasetPlan
from apps.datasets.services import planning_turns
from apps.datasets.services.planning import cancel_saving
from apps.datasets.services.planning_work import save_plan
from apps.voxels.frames import decode_frames
from tests.datasets.wizard.conftest import Planner
from tests.support.campaigns import make_campaign, make_table
from tests.support.locks import somebody_waits
from tests.support.people import Team
from tests.support.waiting import wait_for
from tests.support.work import client_of, lease
from tests.support.workers import celery_worker

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def meanwhile(enter: Callable[[], AbstractContextManager[object]]) -> Iterator[None]:
    """Another process is within something, on a connection of its own."""
    entered, over = Event(), Event()

    def run() -> None:
        try:
            with transaction.atomic(), enter():
                entered.set()
                over.wait(120)
        finally:
            connection.close()

    thread = Thread(target=run)
    thread.start()
    assert entered.wait(30)
    try:
        yield
    finally:
        over.set()
        thread.join()


@contextmanager
def instances_are_locked() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE datasets_instance IN SHARE MODE")
        yield


def states() -> list[tuple[str, str]]:
    plans = DatasetPlan.objects.order_by("pk")
    return [(plan.status, plan.progress.get("stage", "")) for plan in plans]


def test_pages_are_rendered_while_two_tables_are_loaded(
    planner: Planner, team: Team, redis_client: redis.Redis, tmp_path: Path
) -> None:
    campaign = make_campaign(make_table(planner.files), team)
    for name in ("one", "another"):
        planner.id = 0
        planner.begin(name=name)
    for key in redis_client.scan_iter("cutout:*"):
        redis_client.delete(key)
    roots = str(planner.files.folder.resolve())
    with celery_worker(tmp_path / "worker.log", SYNANNO_VOLUME_ROOTS=roots):
        with meanwhile(instances_are_locked):
            for plan in DatasetPlan.objects.order_by("pk"):
                planner.id = plan.pk
                planner.send("POST", "/save", status=202)
            wait_for(somebody_waits, "a saving")
            client = client_of(team.anna)
            url = lease(client, campaign)[0].header["lease"]["tiles_url"]

            def parts() -> set[str]:
                frames = decode_frames(client.get(url).content)
                return {frame.header["part"] for frame in frames}

            wait_for(lambda: parts() == {"middle"}, "the page")
            assert sorted(status for status, _ in states()) == ["saving", "saving"]
            # The one that has its turn tells so twice a second.
            wait_for(lambda: [stage for _, stage in states()].count("waiting") == 1, "a turn")
        wait_for(lambda: {status for status, _ in states()} == {"saved"}, "the savings")
    assert Dataset.objects.filter(name__in=["one", "another"]).count() == 2


def test_a_saving_that_waits_is_cancelled_at_once(planner: Planner) -> None:
    planner.begin()
    with meanwhile(lambda: alone("jobs that last 0")):
        planner.send("POST", "/save", status=202)
        save_plan(planner.id)
        assert states() == [("saving", "waiting")]
        cancel_saving(DatasetPlan.objects.get(), timezone.now())
        save_plan(planner.id)
        assert states() == [("draft", "")]
    assert planner.save()["status"] == "saved"


def test_who_ends_a_turn_sends_those_that_wait(
    planner: Planner, monkeypatch: pytest.MonkeyPatch
) -> None:
    planner.begin(name="waits")
    waits = planner.id
    planner.send("POST", "/save", status=202)
    planner.id = 0
    planner.begin(name="looked at")
    ended: list[Job] = []
    monkeypatch.setattr(planning_turns, "turn_has_ended", ended.append)
    planner.change(crop_size=[32, 32, 4])
    assert ended == [Job.EXAMINE_PLAN]
    sent: list[tuple[str, float, int]] = []
    monkeypatch.setattr(
        planning_turns,
        "enqueue",
        lambda job, after_s, plan_id: sent.append((job.name, after_s, plan_id)),
    )
    assert planning_turns.send_waiting_looks() == 0
    assert planning_turns.send_waiting_tables(1.0) == 1
    assert sent == [("SAVE_PLAN", 1.0, waits)]
    save_plan(waits)
    assert ended[1:] == [Job.SAVE_PLAN]
    assert planning_turns.send_waiting_tables() == 0
    with pytest.raises(RuntimeError), planning_turns.turn(DatasetPlan.objects.latest("pk")):
        raise RuntimeError("nobody has expected this")
    assert ended[2:] == [Job.EXAMINE_PLAN]
