"""An export that is interrupted anywhere ends as one that was not disturbed: byte for byte."""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection
from django.utils import timezone

from apps.campaigns.models import Campaign
from apps.core import turns
from apps.core.jobs import Job
from apps.core.turns import BEHIND_S
from apps.exports.domain.formats import ExportOptions, Format, People
from apps.exports.models import Export
from apps.exports.services import writing_exports
from apps.exports.services.folders import folder_of
from apps.exports.services.sweeping import resume_exports
from apps.exports.services.writers.by_format import WRITERS
from apps.revision.selectors.outcome_reading import outcomes_after
from apps.revision.services.additions import NewSynapse, add_synapse
from apps.voxels.geometry import Point
from tests.support.exports import KEY, ask, exports_in, files_of, manifest_but_for_when
from tests.support.people import Team
from tests.support.revisions import to_mend
from workers.turns import SENDS, give_turns

pytestmark = pytest.mark.django_db

State = Export.State
PLAIN = (Format.SYNANNO, Format.CSV)


class KilledError(BaseException):
    """Stands for SIGKILL: nothing catches it."""


@pytest.fixture
def paper(
    tmp_path: Path, team: Team, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> Campaign:
    """Six items and one that was added, read in parts of four."""
    settings.ENVIRONMENT = exports_in(tmp_path / "exports")
    campaign = to_mend(tmp_path, team)
    new = NewSynapse(uuid.uuid4(), Point(900, 900, 900), 899, 901)
    add_synapse(campaign, team.anna, new, timezone.now())
    monkeypatch.setattr(
        writing_exports, "outcomes_after", lambda c, after, _: outcomes_after(c, after, 4)
    )
    return campaign


@contextmanager
def killed_at(step: int) -> Iterator[list[str]]:
    """Raises KilledError before the step of this number, of all that touch the disk or write to
    Postgres; the steps that were done. A number beyond the last lets all be done."""
    done: list[str] = []

    def note(what: str) -> None:
        if len(done) == step:
            done.append(f"killed before {what}")
            raise KilledError(what)
        done.append(what)

    def before(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def noted(*arguments: Any, **named: Any) -> Any:
            note(name)
            return real(*arguments, **named)

        return noted

    def statement(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith(("UPDATE", "INSERT", "DELETE")):
            note(sql[:40])
        return execute(sql, params, many, context)

    with pytest.MonkeyPatch.context() as patched, connection.execute_wrapper(statement):
        for owner, name in (
            *((Path, name) for name in ("open", "replace", "mkdir", "unlink")),
            (shutil, "rmtree"),
        ):
            patched.setattr(owner, name, before(name, getattr(owner, name)))
        yield done


def in_options(key: uuid.UUID, campaign: Campaign, *formats: Format) -> Export:
    """Pseudonyms are made with the key of an export: the same key makes the same bytes."""
    return ask(campaign, *formats, options=ExportOptions(people=People.PSEUDONYMS), key=key)


def undisturbed(campaign: Campaign, *formats: Format) -> dict[str, str]:
    """The files of an export that nobody interrupts; nothing of it stays."""
    export = in_options(KEY, campaign, *formats)
    writing_exports.write_export(export.pk, for_s=60)
    files = without_times(export)
    folder_of(export).remove()
    Export.objects.filter(pk=export.pk).delete()
    return files


def without_times(export: Export) -> dict[str, str]:
    """The checksums of all files; of the manifest what it says, but for when and its number."""
    return files_of(export) | {"manifest.json": json.dumps(manifest_but_for_when(export))}


def test_a_process_that_is_killed_before_any_step_is_followed_by_another(
    paper: Campaign,
) -> None:
    """Each file and each statement is a step; the second process reads what the first has left."""
    expected = undisturbed(paper, *PLAIN)
    steps = []
    step = 0
    while True:
        export = in_options(KEY, paper, *PLAIN)
        with killed_at(step) as done:
            try:
                writing_exports.write_export(export.pk, for_s=60)
            except KilledError as error:
                steps.append(str(error))
        if len(done) <= step:
            break
        writing_exports.write_export(export.pk, for_s=60)
        resume_exports(timezone.now())
        export.refresh_from_db()
        assert (export.state, export.done) == (State.READY, 7), done[-1]
        assert without_times(export) == expected, done[-1]
        folder_of(export).remove()
        Export.objects.filter(pk=export.pk).delete()
        step += 1
    assert {"open", "replace", "mkdir", "rmtree"} <= set(steps)
    assert sum(one.startswith("UPDATE") for one in steps) > 6
    assert len(steps) > 40


@pytest.mark.parametrize("form", [form for form in Format if form not in PLAIN and form in WRITERS])
def test_each_format_can_go_on_after_each_part(paper: Campaign, form: Format) -> None:
    expected = undisturbed(paper, form)
    export = in_options(KEY, paper, form)
    slices = 0
    while export.state != State.READY:
        writing_exports.write_export(export.pk, for_s=0)  # one step
        export.refresh_from_db()
        assert export.failure == ""
        slices += 1
    assert slices > export.parts
    assert without_times(export) == expected


def test_who_has_written_for_a_while_lets_others_have_a_turn(
    paper: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[int, float]] = []

    def enqueue(job: Job, after_s: float, export_id: int) -> None:
        assert job is Job.WRITE_EXPORT
        sent.append((export_id, after_s))

    monkeypatch.setattr(writing_exports, "enqueue", enqueue)
    monkeypatch.setattr(turns, "enqueue", lambda job, kind: give_turns(kind))
    first, second = ask(paper), ask(paper)
    writing_exports.write_export(first.pk, for_s=0)
    assert sent == [(second.pk, 0.0), (first.pk, 0.0)], "who has waited longest comes first"
    sent.clear()
    monkeypatch.setitem(SENDS, Job.SYNC_DELIVERY, lambda after_s: 1)
    writing_exports.write_export(second.pk, for_s=0)
    assert [after_s for _, after_s in sent] == [BEHIND_S] * 2, "a sync has the turn before them"


def test_nobody_else_writes_the_same_export(
    paper: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def taken(name: str, **_: Any) -> Iterator[bool]:
        yield not name.startswith("export ")

    export = ask(paper)
    monkeypatch.setattr(writing_exports, "alone", taken)
    writing_exports.write_export(export.pk)
    export.refresh_from_db()
    assert (export.state, export.attempts) == (State.WAITING, 0)


def test_who_was_overtaken_writes_nothing_down(
    paper: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that has stood still meanwhile does not know what another has done."""
    export = ask(paper)
    stale = Export.objects.select_related("campaign__table__dataset").get(pk=export.pk)
    writing_exports.write_export(export.pk, for_s=0)
    writing_exports.write_export(export.pk, for_s=0)
    stale.state = State.WRITING
    writing_exports._try_to_write(stale, 0.0)
    export.refresh_from_db()
    assert (export.parts, export.position, export.state) == (2, 3, State.WRITING)
