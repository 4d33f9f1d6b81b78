"""Several people restore at the same moment, and datasets go meanwhile."""

from __future__ import annotations

import json
import threading
import uuid
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from apps.campaigns.models import Campaign
from apps.core.errors import ConflictError, SynAnnoError
from apps.datasets.models import Dataset, Instance, SynapseTable
from apps.datasets.services.deleting import delete_dataset
from apps.exports.management.commands import restore_campaign as restore_command
from apps.exports.models import Restore, RestorePart
from apps.exports.services import restoring
from apps.exports.services.restores import keep_file
from apps.exports.services.restores_work import work_on
from apps.proofreading.services.campaigns import open_campaign
from tests.campaigns.test_two_at_once import at_once
from tests.exports.restored_files import (
    STORED,
    State,
    after,
    ask,
    into,
    judged,
    sent,
    text_of,
)
from tests.exports.test_round_trip import row_of
from tests.support.counts import counts
from tests.support.datasets import make_empty_dataset
from tests.support.locks import somebody_waits
from tests.support.people import Team, make_team
from tests.support.waiting import wait_for

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def campaign(tmp_path: Path, team: Team) -> Campaign:
    return judged(tmp_path, team)


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


@pytest.mark.parametrize("is_new", [True, False])
def test_a_dataset_that_is_gone_is_told(
    campaign: Campaign, team: Team, bare: SynapseTable, is_new: bool
) -> None:
    restore = sent(campaign, team.ben)
    ask(restore, **into(bare, is_new=is_new))
    field, gone = ("dataset", bare.dataset_id) if is_new else ("table", bare.pk)
    delete_dataset(bare.dataset)
    before = counts(STORED)
    work_on(restore.pk)
    restore = after(restore)
    assert (restore.state, restore.field) == (State.READ, field)
    assert restore.failure == f"{field}: there is no {field} {gone}."
    assert counts(STORED) == before


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
        left.extend(counts(STORED))

    monkeypatch.setattr(restore_command, "check_polarity", meanwhile)
    name = "dataset 'bare'" if is_new else f"table {bare.name!r}"
    options = ("--new-table", "theirs") if is_new else ()
    with pytest.raises(CommandError, match=f"there is no {name} any more"):
        call_command(
            *("restore_campaign", str(file), "--dataset", "bare", "--name", "Again"),
            *("--annotator", "ben", *options),
        )
    assert counts(STORED) == left
