"""An export whose process is killed (-9) at any step comes to the same files, in every format."""

from __future__ import annotations

import gc
import json
import os
import re
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection, connections
from django.utils import timezone

from apps.campaigns.models import Campaign
from apps.exports.domain.formats import Format
from apps.exports.models import Export
from apps.exports.services import writing_exports
from apps.exports.services.folders import folder_of
from apps.exports.services.sweeping import resume_exports
from tests.revision.conftest import mended
from tests.revision.test_additions import add, seen
from tests.support.drawing import revise
from tests.support.exports import KEY, ask, exports_in, files_of, manifest_but_for_when
from tests.support.people import Team

pytestmark = pytest.mark.django_db(transaction=True)

__all__ = ["mended"]

State = Export.State
# What Python tells of before it is done. A file that is opened in the midst of writing another is a
# step, so that this one is killed there.
_TOUCHES = {"open", "os.rename", "os.mkdir", "shutil.rmtree"}
_TO_WRITE = os.O_WRONLY | os.O_RDWR
_WRITES = re.compile(r"UPDATE .exports_export")


@pytest.fixture
def drawn(
    mended: Campaign,
    team: Team,
    tmp_path: Path,
    settings: LazySettings,
    monkeypatch: pytest.MonkeyPatch,
) -> Campaign:
    """Two instances of it were drawn on, and one was added."""
    settings.ENVIRONMENT = exports_in(tmp_path / "exports")
    for person in (team.anna, team.ben):
        reviser = revise(mended, person)
        reviser.draw(reviser.drawn(reviser.zs[2]))
    add(mended, team.anna, seen(reviser.lease.revision.instance.center._replace(z=3)))
    monkeypatch.setattr(writing_exports, "_PAUSES_S", (0.0, *[0.01] * 100))
    return mended


class Steps:
    """Counts what a process does to the files of an export and to its row, and ends the process
    before the step of a number."""

    def __init__(self, last: int, folder: Path) -> None:
        self._left, self._folder = last, str(folder)
        self._done: set[tuple[str, ...]] = set()

    def heed(self, event: str, arguments: tuple[Any, ...]) -> None:
        """As a hook of `sys.addaudithook`, which is there to the end of the process."""
        if event not in _TOUCHES or (event == "open" and not arguments[2] & _TO_WRITE):
            return
        place = Path(str(arguments[0]))
        if str(place).startswith(self._folder):
            is_one_of_many = "layer" in place.parts  # files of a layer are made alike
            self._step(event, str(place.parent if is_one_of_many else place))

    def statement(self, execute: Any, sql: Any, *more: Any) -> Any:
        if _WRITES.match(str(sql)):
            self._step(str(sql))
        return execute(sql, *more)

    def _step(self, *what: str) -> None:
        if what in self._done:
            return
        self._done.add(what)
        self._left -= 1
        if self._left < 0:
            os.kill(os.getpid(), signal.SIGKILL)


def is_killed_at(export: Export, step: int) -> bool:
    """Whether a process that is killed at this step gets so far."""
    connections.close_all()  # each opens its own
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child == 0:
        try:
            gc.disable()  # it would touch all that is shared with the parent
            steps = Steps(step, folder_of(export).path)
            sys.addaudithook(steps.heed)
            with connection.execute_wrapper(steps.statement):
                writing_exports.write_export(export.pk, for_s=0)
            os._exit(0)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


def cut_drafts(folder: Path) -> None:
    """What a killed process was at may have been written to any part of it."""
    for path in folder.rglob("*"):
        is_draft = any(name.endswith(".new") for name in path.relative_to(folder).parts)
        if is_draft and path.is_file():
            os.truncate(path, path.stat().st_size // 2)


def go_on(export: Export, done: tuple[Any, ...]) -> None:
    """Another process takes it up, once the locks of the killed one are gone, and does what is next
    after `done`."""
    for _ in range(200):
        export.refresh_from_db()
        if progress(export) != done:
            return
        writing_exports.write_export(export.pk, for_s=0)
    raise AssertionError(export.failure)


def progress(export: Export) -> tuple[Any, ...]:
    return export.parts, len(export.files), export.state == State.READY


def what_is_there(export: Export) -> dict[str, str]:
    """The checksums of its files; of the manifest what it says, but for when and its number."""
    files = files_of(export)
    if "manifest.json" in files:
        files["manifest.json"] = json.dumps(manifest_but_for_when(export), sort_keys=True)
    return files


def undisturbed(campaign: Campaign) -> list[dict[str, str]]:
    """The files of an export after each thing that is done for it; nothing of it stays."""
    export, found = ask(campaign, *Format, key=KEY), []
    while export.state != State.READY:
        go_on(export, progress(export))
        assert export.failure == ""
        found.append(what_is_there(export))
    folder_of(export).remove()
    Export.objects.filter(pk=export.pk).delete()
    return found


@contextmanager
def as_it_is(export: Export, aside: Path) -> Iterator[Any]:
    """What puts the export back to how it is now: its row and its files."""
    folder = folder_of(export).path
    row = Export.objects.filter(pk=export.pk).values().get()
    if folder.exists():
        shutil.copytree(folder, aside, copy_function=os.link)  # files are made anew, never changed

    def put_back() -> None:
        shutil.rmtree(folder, ignore_errors=True)
        if aside.exists():
            shutil.copytree(aside, folder, copy_function=os.link)
        Export.objects.filter(pk=export.pk).update(**row)
        export.refresh_from_db()

    yield put_back
    shutil.rmtree(aside, ignore_errors=True)


@pytest.mark.timeout(240)  # some hundred processes, which a busy machine starts slowly
def test_a_process_that_is_killed_at_any_step_is_followed_by_another(
    drawn: Campaign, tmp_path: Path
) -> None:
    """In each part and each join; each time the next process does what is left of it."""
    expected = undisturbed(drawn)
    export = ask(drawn, *Format, key=KEY)
    steps = []
    for files in expected:
        done = progress(export)
        with as_it_is(export, tmp_path / "aside") as put_back:
            for step in range(1_000):
                put_back()
                is_killed = is_killed_at(export, step)
                cut_drafts(folder_of(export).path)
                go_on(export, done)
                if export.state == State.READY:
                    resume_exports(timezone.now())
                assert what_is_there(export) == files, (done, step)
                if not is_killed:
                    break
        steps.append(step)
    assert export.state == State.READY
    assert {file["format"] for file in export.files} == {*Format, "manifest"}
    assert min(steps) > 4, steps
    assert sum(steps) > 80, steps
