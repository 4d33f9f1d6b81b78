"""An export is asked for, written by a worker, and deleted again."""

from __future__ import annotations

import csv
import errno
import hashlib
import io
import json
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection
from django.utils import timezone

from apps.campaigns.models import AuditEntry, Campaign
from apps.core.errors import ConflictError, GoneError, InvalidInputError, UnavailableError
from apps.core.jobs import Job
from apps.exports.domain.formats import Discarded, ExportOptions, Format, People, Unjudged
from apps.exports.gateways import export_folder, part_files
from apps.exports.gateways.export_folder import FULL, GONE
from apps.exports.models import Export
from apps.exports.services import sweeping, writing_exports
from apps.exports.services.asking import (
    MOST_AT_ONCE,
    NewExport,
    NothingYetError,
    OverError,
    TooManyError,
    ask_for_export,
    cancel_export,
    remove_export,
)
from apps.exports.services.downloading import check_ready
from apps.exports.services.folders import folder_of
from apps.exports.services.sweeping import LOST_AFTER, REPLACED, resume_exports
from apps.exports.services.writing import synanno_pieces
from apps.exports.services.writing_exports import MOST_ATTEMPTS, PATIENCE, write_export
from apps.revision.selectors.outcome_reading import outcomes_after
from tests.support.exports import ask, exports_in, files_of, text_of, written
from tests.support.locks import busy
from tests.support.paper import work
from tests.support.people import Team
from tests.support.revisions import to_mend

pytestmark = pytest.mark.django_db

State = Export.State


@pytest.fixture
def paper(tmp_path: Path, team: Team, settings: LazySettings) -> Campaign:
    """Six synapses, of which two are incorrect and the others not judged yet."""
    settings.ENVIRONMENT = exports_in(tmp_path / "exports")
    return to_mend(tmp_path, team)


def rows_of(export: Export) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text_of(export, "outcomes.csv"))))


def test_an_export_has_a_file_for_each_format_and_says_what_they_are(paper: Campaign) -> None:
    export = written(ask(paper))
    assert export.state == State.READY
    assert [file["name"] for file in export.files] == [
        "synanno.json", "outcomes.csv", "manifest.json",
    ]  # fmt: skip
    assert files_of(export) == {file["path"]: file["sha256"] for file in export.files}
    assert text_of(export, "synanno.json") == "".join(synanno_pieces(paper))
    assert [row["index"] for row in rows_of(export)] == [str(n) for n in range(6)]
    manifest = json.loads(text_of(export, "manifest.json"))
    assert manifest["rows"] == 6
    assert manifest["states"] == {"settled": 2, "unjudged": 4}
    assert [file["sha256"] for file in manifest["files"]] == [
        file["sha256"] for file in export.files[:2]
    ]
    assert (export.done, export.total, export.left_out) == (6, 6, 0)


def test_each_part_is_read_once_for_all_formats(
    paper: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The files have the same rows, also while people go on judging."""
    read = outcomes_after
    places = []

    def reading(campaign: Campaign, after: Any, limit: int) -> Any:
        places.append((after.position, after.added))
        return read(campaign, after, 2)

    monkeypatch.setattr(writing_exports, "outcomes_after", reading)
    export = written(ask(paper))
    assert places == [(-1, None), (1, None), (3, None), (5, None), (5, -1)]
    assert export.parts == 5
    assert text_of(export, "synanno.json") == "".join(synanno_pieces(paper))


@pytest.mark.parametrize(
    ("options", "indices"),
    [
        (ExportOptions(unjudged=Unjudged.LEAVE_OUT), ["0", "1"]),
        (ExportOptions(discarded=Discarded.LEAVE_OUT), ["0", "1", "2", "3", "4", "5"]),
    ],
)
def test_what_is_not_wanted_is_in_no_file(
    paper: Campaign, options: ExportOptions, indices: list[str]
) -> None:
    export = written(ask(paper, options=options))
    records = json.loads(text_of(export, "synanno.json"))["Metadata"]
    assert [str(record["Image_Index"]) for record in records] == indices
    assert [row["index"] for row in rows_of(export)] == indices
    assert export.left_out == 6 - len(indices)


def test_people_are_told_as_was_chosen(paper: Campaign, team: Team) -> None:
    work(paper, team.anna)
    told: dict[People, set[str]] = {}
    for how in People:
        key = uuid.UUID(int=len(told) + 1)
        export = written(ask(paper, Format.CSV, options=ExportOptions(people=how), key=key))
        told[how] = {row["annotators"] for row in rows_of(export) if row["verdict"] == "correct"}
    again = written(ask(paper, Format.CSV, options=ExportOptions(people=People.PSEUDONYMS)))
    pseudonyms = told[People.PSEUDONYMS]
    assert told[People.NOBODY] == {""}
    assert told[People.NAMES] == {"anna"}
    assert len(pseudonyms) == 1
    assert pseudonyms.isdisjoint({row["annotators"] for row in rows_of(again)})
    (pseudonym,) = pseudonyms
    assert pseudonym.startswith("person-")
    guessed = hashlib.sha256(f"{uuid.UUID(int=2)}:{team.anna.pk}".encode()).hexdigest()
    assert pseudonym != f"person-{guessed[:10]}"


def test_the_same_request_sent_again_makes_nothing_new(paper: Campaign, team: Team) -> None:
    new = NewExport(uuid.uuid4(), (Format.CSV,), ExportOptions())
    first = ask_for_export(paper, team.manager, new, timezone.now())
    assert ask_for_export(paper, team.manager, new, timezone.now()) == first
    assert AuditEntry.objects.filter(action="export_asked").count() == 1
    other = NewExport(new.key, (Format.SYNANNO,), ExportOptions())
    with pytest.raises(InvalidInputError, match="was used for another export"):
        ask_for_export(paper, team.manager, other, timezone.now())


def test_not_without_limits(paper: Campaign) -> None:
    for _ in range(MOST_AT_ONCE):
        ask(paper)
    with pytest.raises(TooManyError, match="wait for one, or cancel it"):
        ask(paper)
    Campaign.objects.filter(pk=paper.pk).update(status=Campaign.Status.DRAFT)
    with pytest.raises(NothingYetError, match="before the campaign has started"):
        ask(paper)


def test_a_cancelled_one_leaves_no_files(paper: Campaign, team: Team) -> None:
    waiting, running = ask(paper), ask(paper)
    write_export(running.pk, for_s=0)
    assert files_of(running) != {}
    for export in (waiting, running):
        cancel_export(export, team.manager, timezone.now())
        assert written(export).state == State.CANCELLED
        assert not folder_of(export).path.exists()
        with pytest.raises(OverError, match=f"Export {export.pk} was cancelled already"):
            cancel_export(export, team.manager, timezone.now())
    ready = written(ask(paper))
    with pytest.raises(OverError, match=f"Export {ready.pk} was ready already"):
        cancel_export(ready, team.manager, timezone.now())


def test_files_go_when_their_time_is_over_and_when_somebody_removes_them(
    paper: Campaign, team: Team
) -> None:
    expired, removed = written(ask(paper)), written(ask(paper))
    with pytest.raises(ConflictError, match="cancel it first"):
        remove_export(ask(paper), team.manager, timezone.now())
    remove_export(removed, team.manager, timezone.now())
    assert expired.expires_at is not None
    resume_exports(expired.expires_at - timedelta(seconds=1))
    assert files_of(expired) != {}
    assert not folder_of(removed).path.exists()
    resume_exports(expired.expires_at)
    expired.refresh_from_db()
    removed.refresh_from_db()
    assert (expired.state, expired.has_files) == (State.EXPIRED, False)
    assert (removed.state, removed.has_files) == (State.REMOVED, False)
    assert not folder_of(expired).path.exists()
    actions = list(paper.audit.values_list("action", flat=True).order_by("pk"))
    assert actions.count("export_asked") == 3
    assert actions[-1] == "export_removed"


def test_the_oldest_of_many_make_room_for_new_ones(
    paper: Campaign, tmp_path: Path, settings: LazySettings
) -> None:
    settings.ENVIRONMENT = exports_in(tmp_path / "exports", exports_kept=2)
    to_folder = written(ask(paper))
    Export.objects.filter(pk=to_folder.pk).update(folder=str(tmp_path / "elsewhere"))
    exports = [written(ask(paper)) for _ in range(3)]
    resume_exports(timezone.now())
    for export in exports:
        export.refresh_from_db()
    assert [export.state for export in exports] == [State.EXPIRED, State.READY, State.READY]
    assert [folder_of(export).path.exists() for export in exports] == [False, True, True]
    with pytest.raises(GoneError, match=REPLACED):
        check_ready(exports[0])
    to_folder.refresh_from_db()
    assert to_folder.state == State.READY, "a command's is its person's"


def test_nothing_is_fetched_after_its_time_though_nobody_has_swept_yet(paper: Campaign) -> None:
    export = written(ask(paper))
    check_ready(export)
    export.expires_at = timezone.now()
    with pytest.raises(GoneError, match="it is expired"):
        check_ready(export)


def test_a_cancel_between_two_statements_leaves_nothing(paper: Campaign, team: Team) -> None:
    export = ask(paper)

    def cancelling(execute: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith("UPDATE") and not done:
            done.append(sql)
            cancel_export(export, team.manager, timezone.now())
        return execute(sql, *rest)

    done: list[str] = []
    with connection.execute_wrapper(cancelling):
        assert written(export).state == State.CANCELLED
    assert done
    assert not export.has_files
    assert not folder_of(export).path.exists()


def test_files_that_cannot_be_deleted_keep_no_others_and_those_of_commands_are_left(
    paper: Campaign, team: Team, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = [written(ask(paper)) for _ in range(3)]
    Export.objects.filter(pk=asked[0].pk).update(folder=str(tmp_path / "elsewhere"))
    for export in asked:
        remove_export(export, team.manager, timezone.now())
    tried = []

    def remove(export: Export) -> None:
        tried.append(export.pk)
        if export.pk == asked[1].pk:
            raise OSError(errno.EBUSY, "busy")

    monkeypatch.setattr(sweeping, "remove_files", remove)
    resume_exports(timezone.now())
    assert tried == [asked[1].pk, asked[2].pk]


def test_a_full_disk_is_told_and_what_was_written_goes(
    paper: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(export_folder, "_bring_to_disk", refuse)
    export = written(ask(paper))
    assert (export.state, export.failure) == (State.FAILED, FULL)
    assert not folder_of(export).path.exists()


def test_parts_that_are_gone_are_told(paper: Campaign) -> None:
    export = ask(paper)
    write_export(export.pk, for_s=0)
    folder_of(export).remove_parts()
    assert written(export).failure == GONE


def test_what_ends_its_process_again_and_again_is_given_up(
    paper: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def kill(*_: object) -> None:
        raise Killed

    ended: list[Job] = []
    export = ask(paper)
    with monkeypatch.context() as patched:
        patched.setattr(writing_exports, "turn_has_ended", ended.append)
        patched.setattr(part_files, "write_text", kill)
        patched.setattr(writing_exports, "_write_part", kill)
        for _ in range(MOST_ATTEMPTS):
            with pytest.raises(Killed):
                write_export(export.pk)
    assert ended == [Job.WRITE_EXPORT] * MOST_ATTEMPTS, "others may have its turns"
    assert "5 times at the same place" in written(export).failure


def test_what_does_not_answer_is_asked_again_for_a_while(
    paper: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(*_: object) -> None:
        raise UnavailableError("The volume does not answer.")

    later, never = ask(paper), ask(paper)
    with monkeypatch.context() as patched:
        patched.setattr(writing_exports, "_write_part", silent)
        told = written(later)
        assert (told.state, told.failure) == (State.WRITING, "The volume does not answer.")
        for _ in range(MOST_ATTEMPTS + 1):
            assert written(never).state == State.WRITING, "an outage is no attempt"
        long_ago = timezone.now() - PATIENCE
        Export.objects.filter(pk=never.pk).update(waits_since=long_ago)
        written(never)
    assert written(later).state == State.READY
    assert (later.failure, later.waits_since, never.state) == ("", None, State.FAILED)
    assert never.failure == "The volume does not answer."


def test_to_be_cancelled_an_export_needs_no_turn(
    paper: Campaign, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[Job] = []
    monkeypatch.setattr(writing_exports, "turn_has_ended", ended.append)
    export = ask(paper)
    write_export(export.pk, for_s=0)
    assert ended == [Job.WRITE_EXPORT]
    with busy("jobs that last 0"):  # of two workers one is at a sync, which lasts for hours
        export = written(export)
        assert (export.state, export.parts, export.attempts) == (State.WRITING, 1, 0)
        assert writing_exports.send_waiting_exports() == 1
        cancel_export(export, team.manager, timezone.now())
        assert (written(export).state, export.has_files) == (State.CANCELLED, False)
    assert (ended, writing_exports.send_waiting_exports()) == ([Job.WRITE_EXPORT], 0)


def test_an_export_that_was_killed_has_its_turn_beside_others_that_alternate(
    paper: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[int] = []

    def enqueue(job: Job, after_s: float, export_id: int) -> None:
        sent.append(export_id)

    monkeypatch.setattr(writing_exports, "enqueue", enqueue)
    monkeypatch.setattr(
        writing_exports, "turn_has_ended", lambda job: writing_exports.send_waiting_exports()
    )
    killed, first, second = (ask(paper) for _ in range(3))
    begun = Export.objects.filter(pk=killed.pk)
    begun.update(state=State.WRITING, attempts=1)
    write_export(first.pk, for_s=0)
    assert sent == [second.pk, first.pk], "its process may be at it yet"
    begun.update(moved_at=timezone.now() - LOST_AFTER)
    sent.clear()
    write_export(second.pk, for_s=0)
    assert sent == [killed.pk, first.pk, second.pk]
    begun.update(waits_since=timezone.now())
    sent.clear()
    write_export(first.pk, for_s=0)
    assert sent == [second.pk, first.pk], "what it reads does not answer"


def test_a_lost_job_is_sent_again(paper: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[int] = []
    monkeypatch.setattr(
        "apps.exports.services.sweeping.enqueue", lambda job, export_id: sent.append(export_id)
    )
    lost, ready = ask(paper), written(ask(paper))
    now = timezone.now()
    assert resume_exports(now) == 0
    assert resume_exports(now + LOST_AFTER * 2) == 1
    assert sent == [lost.pk]
    assert ready.state == State.READY
