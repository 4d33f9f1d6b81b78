"""Exports look whether there is room on the disk, and wait for it."""

from __future__ import annotations

import shutil
import uuid
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import LazySettings
from django.utils import timezone

from apps.campaigns.models import Campaign
from apps.exports.domain.formats import ExportOptions, Format
from apps.exports.gateways import export_folder
from apps.exports.gateways.export_folder import NoRoomError, size_of
from apps.exports.models import Export
from apps.exports.services import writing_exports
from apps.exports.services.folders import folder_of
from apps.exports.services.writers.base import Wanted
from apps.exports.services.writers.by_format import WRITERS, writer_for
from apps.exports.services.writers.table import CsvWriter
from apps.exports.services.writing_exports import (
    PATIENCE,
    TOLD_AFTER,
    write_at_once,
    write_export,
)
from apps.revision.selectors import outcomes
from apps.revision.selectors.outcome_reading import outcomes_after
from tests.revision.drawing import set_point
from tests.support.exports import ask, exports_in, files_of, written
from tests.support.people import Team
from tests.support.revisions import take_revision, to_mend

pytestmark = pytest.mark.django_db

State = Export.State


@pytest.fixture
def paper(tmp_path: Path, team: Team, settings: LazySettings) -> Campaign:
    """Six synapses, of one of which a point was set."""
    settings.ENVIRONMENT = exports_in(tmp_path / "exports")
    campaign = to_mend(tmp_path, team)
    set_point(take_revision(campaign, team.ben), "pre", 1, 40)
    return campaign


def test_a_disk_is_never_filled_to_the_brim_and_room_is_waited_for_a_while(
    paper: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_folder, "KEPT_FREE", 2**62)
    export = ask(paper)
    assert written(export).state == State.WRITING
    assert files_of(export) == {}
    since = timezone.now() - TOLD_AFTER
    Export.objects.filter(pk=export.pk).update(waits_since=since)
    assert written(export).failure.endswith("UTC the export is given up.")
    Export.objects.filter(pk=export.pk).update(waits_since=timezone.now() - PATIENCE)
    assert written(export).state == State.FAILED
    assert not folder_of(export).path.exists()


def test_a_command_that_has_too_little_room_goes_on_however_late_it_is_called_again(
    paper: Campaign, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = ask(paper)
    Export.objects.filter(pk=export.pk).update(folder=str(tmp_path / "out"))
    with monkeypatch.context() as patched:
        patched.setattr(export_folder, "KEPT_FREE", 2**62)
        with pytest.raises(NoRoomError, match="too little room"):
            write_at_once(export.pk)
    export.refresh_from_db()
    assert (export.state, export.waits_since) == (State.WRITING, None)
    write_at_once(export.pk)
    export.refresh_from_db()
    assert export.state == State.READY


def test_what_will_not_fit_in_the_end_is_told_while_it_is_read(
    paper: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        writing_exports, "outcomes_after", lambda c, after, _: outcomes_after(c, after, 2)
    )
    export = ask(paper, Format.CSV)
    write_export(export.pk, for_s=0)
    part = folder_of(export).part(0, Format.CSV).stat().st_size
    needed = writing_exports._AT_LEAST + int(CsvWriter.growth * part)
    for free, parts in ((needed - 1, 1), (needed, 2)):
        usage = SimpleNamespace(free=export_folder.KEPT_FREE + free)
        monkeypatch.setattr(shutil, "disk_usage", lambda _, usage=usage: usage)
        write_export(export.pk, for_s=0)
        export.refresh_from_db()
        assert (export.parts, "too little room" in export.failure) == (parts, parts == 1)


@pytest.mark.parametrize("form", Format)
def test_a_file_that_does_not_fit_is_not_begun_until_there_is_room(
    paper: Campaign, monkeypatch: pytest.MonkeyPatch, form: Format
) -> None:
    """The sentence says how much is missing."""
    export = ask(paper, form)
    while not export.all_read:
        write_export(export.pk, for_s=0)
        export.refresh_from_db()
    free = export_folder.KEPT_FREE + 10 * 2**20
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
        for name in ("write_piece", "join"):
            patched.setattr(WRITERS[form], name, None)
        assert written(export).state == State.WRITING
        assert "takes up to 17 MB, of which 7 MB are missing" in export.failure
    assert (written(export).state, export.failure) == (State.READY, "")


@pytest.mark.parametrize("form", [Format.SYNANNO, Format.CSV, Format.PARQUET, Format.MASKS])
def test_no_file_takes_more_room_than_is_looked_for(
    paper: Campaign, tmp_path: Path, form: Format
) -> None:
    campaign = Campaign.objects.select_related("table__dataset").get(pk=paper.pk)
    writer = writer_for(form, Wanted(campaign, ExportOptions(), uuid.uuid4()))
    part = tmp_path / "part"
    writer.write_part([*outcomes(campaign)], part)
    parts, target = [part] * 100, tmp_path / "target"
    writer.join(parts, target)
    assert size_of([target]) <= writer.growth * size_of(parts)
