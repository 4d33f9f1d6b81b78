"""Several people restore at the same moment, datasets go meanwhile, processes are killed."""

from __future__ import annotations

import json
import os
import signal
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.db.models import Model
from django.utils import timezone

from apps.accounts.models import User
from apps.campaigns.models import Campaign, Membership
from apps.core.errors import ConflictError, SynAnnoError
from apps.core.jobs import Job
from apps.core.locks import is_held
from apps.datasets.models import Dataset, Instance, SynapseTable
from apps.datasets.services.deleting import delete_dataset
from apps.exports.management.commands import restore_campaign as restore_command
from apps.exports.models import Restore, RestoredPlace, RestorePart
from apps.exports.services import restores_turns, restoring
from apps.exports.services.restores import ask_for_campaign, keep_file, remove_restore
from apps.exports.services.restores_turns import waits_for_turn
from apps.exports.services.restores_work import LOST_AFTER, resume_restores, work_on
from apps.exports.services.writing import synanno_pieces
from apps.proofreading.models import Verdict
from apps.proofreading.services.campaigns import open_campaign
from apps.revision.models import AddedSynapse, Revision
from apps.revision.services.additions import add_synapse
from apps.voxels.geometry import Point
from tests.campaigns.test_two_at_once import at_once
from tests.exports.test_round_trip import row_of
from tests.revision.test_additions import seen
from tests.support.counts import MODELS, counts
from tests.support.datasets import make_empty_dataset
from tests.support.locks import somebody_waits
from tests.support.paper import paper_campaign, work
from tests.support.people import Team, make_team
from tests.support.waiting import wait_for

pytestmark = pytest.mark.django_db(transaction=True)

State = Restore.State
A_TURN = "jobs that last 0"
_STORED: tuple[type[Model], ...] = (*MODELS, Verdict, AddedSynapse, Revision, RestoredPlace)
CHOICES = {
    **{"name": "Again", "table": None, "dataset": None, "new_table": "", "annotator": "ben"},
    **{"polarity_switch": "", "missed": True, "labels": True},
}


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def campaign(tmp_path: Path, team: Team) -> Campaign:
    """Judged, and with a synapse that its table missed."""
    roles = {team.manager: Membership.Role.MANAGER, team.anna: Membership.Role.ANNOTATOR}
    campaign = paper_campaign(tmp_path, roles, instances=4)
    work(campaign, team.anna)
    add_synapse(campaign, team.anna, seen(Point(700, 700, 700)), timezone.now())
    return campaign


def text_of(campaign: Campaign) -> str:
    return "".join(synanno_pieces(campaign))


def sent(campaign: Campaign, by: User) -> Restore:
    """A file of the campaign that a worker has looked at."""
    content = text_of(campaign).encode()
    restore = keep_file(by, uuid.uuid4(), "theirs.json", [content], timezone.now())
    work_on(restore.pk)
    restore.refresh_from_db()
    assert restore.state == State.READ
    return restore


def ask(restore: Restore, **choices: object) -> Restore:
    return ask_for_campaign(restore, restore.asked_by, CHOICES | choices, timezone.now())


def after(restore: Restore) -> Restore:
    return Restore.objects.get(pk=restore.pk)


@pytest.fixture
def three_workers(settings: LazySettings) -> None:
    """Of whom two may do what lasts."""
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, worker_processes=3)


@pytest.mark.usefixtures("three_workers")
def test_of_two_files_that_want_one_name_one_gets_it(campaign: Campaign, team: Team) -> None:
    restores = [sent(campaign, one) for one in (team.manager, team.ben)]
    for one in restores:
        ask(one, table=campaign.table_id)  # both before either is made
    at_once([partial(work_on, one.pk) for one in restores])

    made, told = sorted(map(after, restores), key=lambda one: one.state != State.MADE)
    assert (made.state, told.state) == (State.MADE, State.READ)
    assert (told.field, told.failure) == ("name", "name: there is a campaign 'Again' already.")
    assert text_of(Campaign.objects.get(name="Again")) == text_of(campaign)
    assert Campaign.objects.count() == 2
    assert SynapseTable.objects.count() == 3  # theirs, and two of what was missed

    ask(told, table=campaign.table_id, name="Another")
    work_on(told.pk)
    assert text_of(Campaign.objects.get(name="Another")) == text_of(campaign)


@pytest.mark.usefixtures("three_workers")
def test_two_make_a_table_of_one_name(
    campaign: Campaign, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (sent(campaign, one) for one in (team.manager, team.ben))
    wanted = into(campaign.table, is_new=True)
    ask(first, **wanted, name="One")
    ask(second, **wanted, name="Two")

    def meanwhile(*given: Any, **more: Any) -> Campaign:
        """The table of the first is there, and nobody else sees it yet."""
        monkeypatch.setattr(restoring, "open_campaign", open_campaign)
        at_once([partial(work_on, second.pk)])
        return open_campaign(*given, **more)

    monkeypatch.setattr(restoring, "open_campaign", meanwhile)
    work_on(first.pk)

    told = after(second)
    assert (after(first).state, told.state) == (State.MADE, State.READ)
    sentence = "a version of 'theirs' is being loaded at this moment."
    assert (told.field, told.failure) == ("new_table", f"new_table: {sentence}")
    ask(second, **wanted, name="Two")
    work_on(second.pk)
    assert after(second).state == State.MADE
    versions = SynapseTable.objects.filter(name="theirs").values_list("version", flat=True)
    assert sorted(versions) == [1, 2]


def test_what_is_sent_or_asked_for_twice_at_once_is_there_once(
    campaign: Campaign, team: Team
) -> None:
    key, content = uuid.uuid4(), text_of(campaign).encode()

    def send() -> None:
        keep_file(team.ben, key, "a.json", [content], timezone.now())

    at_once([send] * 2)
    restore = Restore.objects.get(key=key)
    assert RestorePart.objects.filter(restore=restore).count() == 1
    work_on(restore.pk)

    said: list[str] = []

    def wants(name: str) -> None:
        try:
            ask(after(restore), table=campaign.table_id, name=name)
        except ConflictError as error:
            said.append(error.sentence)

    at_once([partial(wants, name) for name in ("One", "Other")])
    assert said == ["A campaign is being made of this file."]
    at_once([partial(work_on, restore.pk)] * 2)
    assert after(restore).state == State.MADE
    assert Campaign.objects.count() == 2


@pytest.fixture
def bare(campaign: Campaign, tmp_path: Path) -> SynapseTable:
    """The same synapses in another dataset, of which there is no campaign."""
    records = json.loads(text_of(campaign))["Metadata"][:-1]
    return make_empty_dataset(tmp_path / "bare", [row_of(one) for one in records], name="bare")


def into(table: SynapseTable, *, is_new: bool) -> dict[str, object]:
    return {"dataset": table.dataset_id, "new_table": "theirs"} if is_new else {"table": table.pk}


@pytest.mark.parametrize("is_new", [True, False])
def test_a_dataset_that_is_gone_is_told(
    campaign: Campaign, team: Team, bare: SynapseTable, is_new: bool
) -> None:
    restore = sent(campaign, team.ben)
    ask(restore, **into(bare, is_new=is_new))
    field, gone = ("dataset", bare.dataset_id) if is_new else ("table", bare.pk)
    delete_dataset(bare.dataset)
    before = counts(_STORED)
    work_on(restore.pk)
    restore = after(restore)
    assert (restore.state, restore.field) == (State.READ, field)
    assert restore.failure == f"{field}: there is no {field} {gone}."
    assert counts(_STORED) == before


@pytest.mark.parametrize("is_new", [True, False])
def test_a_dataset_is_not_deleted_while_a_campaign_is_made_of_it(
    campaign: Campaign,
    team: Team,
    bare: SynapseTable,
    monkeypatch: pytest.MonkeyPatch,
    is_new: bool,
) -> None:
    restore = sent(campaign, team.ben)
    ask(restore, **into(bare, is_new=is_new))
    told: list[SynAnnoError] = []

    def delete() -> None:
        try:
            delete_dataset(Dataset.objects.get(name="bare"))
        except SynAnnoError as error:
            told.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=delete, daemon=True)

    def meanwhile(*given: Any, **more: Any) -> Campaign:
        thread.start()
        wait_for(lambda: somebody_waits() or not thread.is_alive(), "the deletion")
        return open_campaign(*given, **more)

    monkeypatch.setattr(restoring, "open_campaign", meanwhile)
    work_on(restore.pk)
    thread.join(timeout=20)
    assert (after(restore).state, after(restore).failure) == (State.MADE, "")
    assert [type(one) for one in told] == [ConflictError]
    assert text_of(Campaign.objects.get(name="Again")) == text_of(campaign)
    assert Instance.objects.filter(table=bare).count() == 4


@pytest.mark.parametrize("is_new", [True, False])
def test_the_command_tells_of_a_dataset_that_goes_while_a_question_is_answered(
    campaign: Campaign,
    team: Team,
    bare: SynapseTable,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    is_new: bool,
) -> None:
    file = tmp_path / "theirs.json"
    file.write_text(text_of(campaign))

    left: list[int] = []

    def meanwhile(*_: Any) -> None:
        delete_dataset(bare.dataset)
        left.extend(counts(_STORED))

    monkeypatch.setattr(restore_command, "check_polarity", meanwhile)
    name = "dataset 'bare'" if is_new else f"table {bare.name!r}"
    options = ("--new-table", "theirs") if is_new else ()
    with pytest.raises(CommandError, match=f"there is no {name} any more"):
        call_command(
            *("restore_campaign", str(file), "--dataset", "bare", "--name", "Again"),
            *("--annotator", "ben", *options),
        )
    assert counts(_STORED) == left


@contextmanager
def busy(name: str) -> Iterator[None]:
    """While another process holds a lock."""
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [name])
    try:
        yield
    finally:
        other.close()
        wait_for(lambda: not is_held(name), "the lock")


def test_restores_take_turns(
    campaign: Campaign, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what else lasts; of one person one is made, and who has waited for all comes first."""
    order: list[int] = []

    def enqueue(job: Job, restore_id: int) -> None:
        order.append(restore_id)

    monkeypatch.setattr(restores_turns, "enqueue", enqueue)
    with busy(A_TURN):  # of two workers one is at an export, or a sync
        mine = [sent(campaign, team.manager) for _ in range(3)]  # which does not last
        ours = sent(campaign, team.ben)
        for number, one in enumerate([*mine, ours]):
            ask(one, table=campaign.table_id, name=f"Restored {number}")
        work_on(mine[0].pk)
        waiting = after(mine[0])
        assert (waiting.state, waiting.attempts) == (State.WAITING, 0)
        assert waits_for_turn(waiting)
        assert resume_restores(timezone.now() + LOST_AFTER) == 2
        assert order == [mine[0].pk, ours.pk]
        remove_restore(mine[2])

        monkeypatch.setattr(restores_turns, "SHORT_BYTES", 0)
        large = keep_file(team.manager, uuid.uuid4(), "large.json", [b"[]"], timezone.now())
        work_on(large.pk)
        assert waits_for_turn(after(large))
        remove_restore(large)
    order.clear()
    work_on(mine[0].pk)
    assert after(mine[0]).state == State.MADE
    assert order == [ours.pk, mine[1].pk]
    with busy(f"restores of person {team.manager.pk}"):
        work_on(mine[1].pk)
        assert after(mine[1]).state == State.WAITING
        work_on(ours.pk)
        assert after(ours).state == State.MADE


def killed_at(restore: Restore, step: int) -> bool:
    """Whether a process that is to be killed with SIGKILL before its statement of this number that
    writes, from 0, gets so far."""
    connections.close_all()
    child = os.fork()
    if child == 0:
        left = step

        def statement(execute: Any, sql: Any, *more: Any) -> Any:
            nonlocal left
            if str(sql).lstrip().startswith(("INSERT", "UPDATE", "DELETE", "WITH")):
                left -= 1
                if left < 0:
                    os.kill(os.getpid(), signal.SIGKILL)
            return execute(sql, *more)

        try:
            with connection.execute_wrapper(statement):
                work_on(restore.pk)
            os._exit(0)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    locks = (f"restore {restore.pk}", f"restores of person {restore.asked_by_id}", A_TURN)
    wait_for(lambda: not any(map(is_held, locks)), "the locks of a process that was killed")
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


def test_a_restore_that_is_killed_is_taken_up_again(campaign: Campaign, team: Team) -> None:
    restore = sent(campaign, team.ben)
    text = text_of(campaign)
    ask(restore, **into(campaign.table, is_new=True))
    before = counts(_STORED)
    step = 1
    while killed_at(restore, step):
        assert counts(_STORED) == before
        assert after(restore).state in {State.WAITING, State.MAKING}
        Restore.objects.filter(pk=restore.pk).update(attempts=0)
        step += 4
    assert step > 20
    assert after(restore).state == State.MADE
    again = Campaign.objects.get(name="Again")
    assert text_of(again) == text
    assert Restore.objects.get(pk=restore.pk).campaign == again
    assert not RestorePart.objects.exists()
