"""Write exports: read outcomes once, part by part, and give each part to the writer of each format.

Workers and the command call this; the web process never imports it. Postgres says how far an export
is, its folder holds the parts. A process may be killed anywhere: the next one goes on after the
last part that Postgres knows, and writes the part after it anew.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from apps.core.errors import SynAnnoError, UnavailableError
from apps.core.jobs import Job, enqueue
from apps.core.locks import alone
from apps.core.times import told_time
from apps.core.turns import turn_has_ended, turn_to_last
from apps.exports.domain.formats import NOTES, Format, part_size
from apps.exports.domain.manifest import MANIFEST, add_counts, counts_of
from apps.exports.gateways.export_folder import (
    ExportFolder,
    FileFacts,
    FilesError,
    NoRoomError,
    no_room,
    size_of,
    told,
)
from apps.exports.gateways.part_files import write_text
from apps.exports.models import UNFINISHED, Export
from apps.exports.services.choosing import is_wanted
from apps.exports.services.folders import folder_of, remove_files
from apps.exports.services.manifests import manifest_for
from apps.exports.services.sweeping import LOST_AFTER
from apps.exports.services.watching import GivenUpError, Watch
from apps.exports.services.writers.base import Wanted, Writer
from apps.exports.services.writers.by_format import writer_for
from apps.revision.models import AddedSynapse
from apps.revision.selectors.outcome_reading import After, outcomes_after

log = structlog.get_logger(__name__)

_AT_LEAST = 16 * 2**20  # bytes that a step takes, however little there is to be joined
SLICE_S = 20.0  # then others have a turn
MOST_ATTEMPTS = 5
PATIENCE = timedelta(hours=3)  # for what does not answer, and for room on the disk
TOLD_AFTER = timedelta(minutes=5)  # what of it that is, and how long that may be
_MOST_SENT = 20
_PAUSES_S = (0.0, 0.2, 1.0)  # the lock of a process that was killed goes moments later
_ENDED = f"Writing it ended its process {MOST_ATTEMPTS} times at the same place."
State = Export.State


@dataclass(frozen=True)
class Work:
    """An export that this process writes, its campaign read anew. `sizes`: the bytes of the parts
    that there are of each format; they are counted while more are written."""

    export: Export
    folder: ExportFolder
    writers: Mapping[Format, Writer]
    wanted: Wanted
    sizes: dict[Format, int]


def write_export(export_id: int, *, for_s: float = SLICE_S) -> None:
    """Go on with an export for about so long; a job takes up what is left then.

    Nobody else works on it meanwhile. What keeps it from being written is told with it. Where it
    has no turn it is left as it waits; to be ended it needs none.
    """
    with ExitStack() as afterwards, ExitStack() as held:
        is_alone = held.enter_context(alone(f"export {export_id}", pauses_s=_PAUSES_S))
        if not is_alone or not _is_wanted(export_id) or not held.enter_context(turn_to_last()):
            return
        afterwards.callback(turn_has_ended, Job.WRITE_EXPORT)
        export = _begin(export_id)
        if export is not None:
            _try_to_write(export, time.monotonic() + for_s)


def write_at_once(export_id: int) -> None:
    """Write an export of a command to its end, in this process; calling it again goes on.

    Raises SynAnnoError, also where another process is at it; what was written stays.
    """
    with alone(f"export {export_id}", pauses_s=_PAUSES_S) as is_alone:
        export = _begin(export_id) if is_alone and _is_wanted(export_id) else None
        if export is None:
            raise FilesError("Another process is writing this export, or it is over.")
        try:
            with told():
                _write(export, float("inf"))
        except NoRoomError:
            raise  # what is there stays until the command is called again
        except UnavailableError as error:
            _wait(export, error)
            raise


def send_waiting_exports(after_s: float = 0.0) -> int:
    """Have those that wait for a turn tried, those that wait longest first, and those whose process
    was killed; not those that wait for what does not answer, which the sweep takes up after a
    while. How many were sent."""
    lost = Q(waits_since__isnull=True, moved_at__lte=timezone.now() - LOST_AFTER)
    unfinished = Export.objects.filter(state__in=UNFINISHED, folder="")
    waiting = unfinished.filter(Q(attempts=0) | lost)
    found = list(waiting.order_by("moved_at").values_list("pk", flat=True)[:_MOST_SENT])
    for export_id in found:
        enqueue(Job.WRITE_EXPORT, after_s=after_s, export_id=export_id)
    return len(found)


def _is_wanted(export_id: int) -> bool:
    """Whether there is something to write yet. What was cancelled, or is given up, is ended."""
    known = Export.objects.filter(pk=export_id, state__in=UNFINISHED).first()
    if known is None:
        return False
    if known.cancelled_at is not None:
        end(known, State.CANCELLED)
        return False
    if known.attempts >= MOST_ATTEMPTS and not known.folder:
        end(known, State.FAILED, known.failure or _ENDED)
        return False
    return True


def _begin(export_id: int) -> Export | None:
    """Take up an export. None where it was ended meanwhile."""
    now = timezone.now()
    unfinished = Export.objects.filter(pk=export_id, state__in=UNFINISHED)
    begun = unfinished.update(
        state=State.WRITING,
        has_files=True,
        attempts=F("attempts") + 1,
        begun_at=Coalesce("begun_at", now),
        moved_at=now,
    )
    if not begun:
        return None
    export = Export.objects.select_related("campaign__table__dataset").get(pk=export_id)
    if export.total is None:
        export.total = _count(export)
        Export.objects.filter(pk=export_id).update(total=export.total)
    return export


def _count(export: Export) -> int:
    added = AddedSynapse.objects.filter(campaign=export.campaign, withdrawn_at__isnull=True)
    return export.campaign.items.filter(sheet__isnull=False).count() + added.count()


def _try_to_write(export: Export, until: float) -> None:
    try:
        with told():
            _write(export, until)
    except GivenUpError:
        end(export, State.CANCELLED)
    except UnavailableError as error:
        _wait(export, error)
    except SynAnnoError as error:
        end(export, State.FAILED, error.sentence)


def _wait(export: Export, error: UnavailableError) -> None:
    """Have the sweep take it up again: an outage is no attempt, however often it is met. What can
    do without what is away does so once that was away for long; anything else gives up."""
    if _is_impatient(export):
        end(export, State.FAILED, error.sentence)
        return
    sentence = _with_time(export, error)
    log.info("export_waits", export=export.pk, reason=sentence)
    # Not 0 attempts: those are sent at once when somebody else's turn ends.
    Export.objects.filter(pk=export.pk, state__in=UNFINISHED).update(
        failure=sentence, attempts=1, waits_since=Coalesce("waits_since", timezone.now())
    )


def _is_impatient(export: Export) -> bool:
    return _waits_for(export) >= PATIENCE


def _waits_for(export: Export) -> timedelta:
    """How long it has waited for what does not answer."""
    return timezone.now() - export.waits_since if export.waits_since else timedelta(0)


def _with_time(export: Export, error: UnavailableError) -> str:
    """Who has waited for a while is told how long it may still be."""
    if export.waits_since is None or _waits_for(export) < TOLD_AFTER:
        return error.sentence
    until = told_time(export.waits_since + PATIENCE)
    without = "goes on without what cannot be read"
    what = "is given up" if isinstance(error, NoRoomError) else without
    return f"{error.sentence} At {until} the export {what}."


def _write(export: Export, until: float) -> None:
    """Do at least one step."""
    with Watch(export.pk) as watch:
        work = _work_on(export, watch)
        work.folder.make()
        while export.state == State.WRITING:
            watch.go_on()
            _do_next(work)
            if time.monotonic() > until:
                return


def _work_on(export: Export, watch: Watch) -> Work:
    wanted = Wanted(
        export.campaign,
        export.wanted_options,
        export.key,
        watch.go_on,
        names_unreadable=_waits_for(export) >= TOLD_AFTER,
        without_unreadable=_is_impatient(export),
    )
    writers = {form: writer_for(form, wanted) for form in export.wanted_formats}
    folder = folder_of(export)
    reads = () if export.all_read else writers
    sizes = {form: size_of(folder.parts(form, export.parts)) for form in reads}
    return Work(export, folder, writers, wanted, sizes)


def _do_next(work: Work) -> None:
    export = work.export
    if not export.all_read:
        _write_part(work)
        return
    there = {file["format"] for file in export.files}
    missing = next((form for form in work.writers if form.value not in there), None)
    if missing is None:
        _finish(work)
        return
    names = work.writers[missing].pieces
    pieces = [work.folder.piece(missing, number) for number in range(len(names))]
    for name, piece in zip(names, pieces, strict=True):
        if not piece.exists():
            _write_piece(work, missing, name, piece)
            return
    _join(work, missing, pieces)


def _write_part(work: Work) -> None:
    """Read a part of the outcomes, and write what each format keeps of it."""
    export, folder = work.export, work.folder
    for form, writer in work.writers.items():  # what will not fit is told now, not after hours
        _check_room(folder, writer, writer.growth * work.sizes[form])
    after = After(export.position, export.added)
    part, following = outcomes_after(export.campaign, after, part_size(export.wanted_formats))
    wanted = [one for one in part if is_wanted(one, work.wanted.options)]
    for form, writer in work.writers.items():
        with folder.new(folder.part(export.parts, form)) as path:
            writer.write_part(wanted, path)
    told_of = ((one.final.state.value, one.final.label) for one in wanted)
    _move(
        export,
        position=following.position if following and following.added is None else export.position,
        added=following.added if following else export.added,
        all_read=following is None,
        parts=export.parts + 1,
        done=export.done + len(part),
        counts=add_counts(export.counts, counts_of(told_of)),
        left_out=export.left_out + len(part) - len(wanted),
    )
    for form in work.writers:
        work.sizes[form] += size_of([folder.part(export.parts - 1, form)])


def _write_piece(work: Work, form: Format, name: str, piece: Path) -> None:
    """Make a piece of a format of its parts, for the join."""
    export, folder, writer = work.export, work.folder, work.writers[form]
    parts = folder.parts(form, export.parts)
    _check_room(folder, writer, writer.growth * size_of(parts))
    with folder.new(piece) as path:
        writer.write_piece(name, parts, path)
    _move(export)


def _join(work: Work, form: Format, pieces: Sequence[Path]) -> None:
    """Make the file of a format of its parts and pieces."""
    export, folder, writer = work.export, work.folder, work.writers[form]
    parts = folder.parts(form, export.parts)
    _check_room(folder, writer, size_of(pieces) if pieces else writer.growth * size_of(parts))
    with folder.new(folder.path / writer.file_name) as path:
        writer.join(parts, path, pieces)
    work.wanted.go_on()
    facts = folder.facts_of(writer.file_name, NOTES)
    file = _file(form.value, writer.file_name, facts)
    _move(export, files=[*export.files, file])


def _finish(work: Work) -> None:
    """Write the manifest; then the export is ready."""
    export, folder, now = work.export, work.folder, timezone.now()
    # Postgres keeps an order of its own; who has just written these has another.
    export.refresh_from_db(fields=["counts", "files"])
    manifest = manifest_for(export, export.campaign, now)
    with folder.new(folder.path / MANIFEST) as path:
        write_text(path, json.dumps(manifest, indent=2) + "\n")
    facts = folder.facts_of(MANIFEST, NOTES)
    file = _file("manifest", MANIFEST, facts)
    days = timedelta(days=settings.ENVIRONMENT.export_days)
    folder.remove_parts()  # before it is ready: nobody would come back for them
    _move(
        export,
        state=State.READY,
        files=[*export.files, file],
        finished_at=now,
        expires_at=None if export.folder else now + days,
    )
    log.info("export_ready", export=export.pk, outcomes=export.done)


def _file(form: str, name: str, facts: FileFacts) -> dict[str, Any]:
    """As `Export.files` has it."""
    return {
        "name": name,
        "path": facts.path,
        "format": form,
        "bytes": facts.size,
        "sha256": facts.sha256,
        "notes": dict(facts.notes),
    }


def _check_room(folder: ExportFolder, writer: Writer, most: float) -> None:
    """Raises NoRoomError where so many bytes do not fit: before they are written."""
    needed = _AT_LEAST + int(most)
    missing = folder.missing_room(needed)
    if missing:
        raise no_room(writer.file_name, needed, missing)


def _move(export: Export, **values: Any) -> None:
    """Note what was done, in one statement. Raises GivenUpError where it is not this process's to
    write any more: somebody has cancelled it."""
    now = timezone.now()
    mine = Export.objects.filter(
        pk=export.pk, state=State.WRITING, parts=export.parts, cancelled_at__isnull=True
    )
    # Who has waited long enough once does not wait as long for each part.
    since = export.waits_since if _is_impatient(export) else None
    if not mine.update(**values, moved_at=now, attempts=0, failure="", waits_since=since):
        raise GivenUpError("It was cancelled.")
    for name, value in values.items():
        setattr(export, name, value)


def end(export: Export, state: State, failure: str = "") -> None:
    """End an export that is not ready; its files go."""
    unfinished = Export.objects.filter(pk=export.pk, state__in=UNFINISHED)
    if state is State.CANCELLED:
        unfinished = unfinished.filter(cancelled_at__isnull=False)
    if unfinished.update(state=state, failure=failure, finished_at=timezone.now()):
        log.info("export_ended", export=export.pk, state=state.value, reason=failure)
        with told():
            remove_files(export)
