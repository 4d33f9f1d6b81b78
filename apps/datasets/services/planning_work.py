"""What workers do for plans: examine, preview, save. Each may be repeated.

The web process never imports it.
"""

from __future__ import annotations

import gzip
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from apps.core.errors import InvalidInputError, SynAnnoError
from apps.core.jobs import Job, enqueue
from apps.core.locks import alone
from apps.datasets.domain.plan_settings import concerns_preview
from apps.datasets.models import DatasetPlan, SynapseTable, TableUpload
from apps.datasets.selectors.plans import upload_of
from apps.datasets.services.datasets import create_dataset
from apps.datasets.services.fetching import FETCHING
from apps.datasets.services.planning_examination import Examination, examine
from apps.datasets.services.planning_fetches import (
    GIVEN_UP,
    MAX_ATTEMPTS,
    NotFetchedError,
    remove_leftovers,
)
from apps.datasets.services.planning_inputs import (
    Source,
    refs_of,
    table_input,
    table_source,
    volume_inputs,
)
from apps.datasets.services.planning_turns import turn, undone, unsent
from apps.datasets.services.planning_watch import CancelledError, Watch
from apps.datasets.services.previewing import draw_preview
from apps.datasets.services.refusals import RefusedRowsError
from apps.datasets.services.rendering import UndrawableError, render_cutouts
from apps.datasets.services.tables import load_table

log = structlog.get_logger(__name__)

STUCK_AFTER = timedelta(seconds=60)
_LONGEST_SENTENCE = 2_000
_PAUSES_S = (0.0, 0.2, 0.6)
Status = DatasetPlan.Status


def examine_plan(plan_id: int) -> None:
    """Look at what a plan names, until what was found belongs to its present settings."""
    with alone(f"examine plan {plan_id}", pauses_s=_PAUSES_S) as is_alone:
        while is_alone and (plan := _undone(plan_id, Job.EXAMINE_PLAN)) is not None:
            with turn(plan) as has_turn:
                if not has_turn:
                    return
                if _begin(plan) and not _examine(plan):
                    return


def _examine(plan: DatasetPlan) -> bool:
    """Whether all was looked at: a table may have to be fetched first."""
    if plan.attempts > MAX_ATTEMPTS:
        _keep_examined(plan, {}, {"table": GIVEN_UP})
        return True
    try:
        with table_source(plan) as source:
            found = _looked_at(plan, source)
    except NotFetchedError:
        _keep_waiting(plan, _looked_at(plan, None))
        enqueue(Job.FETCH_TABLE, plan_id=plan.pk)
        return False
    except InvalidInputError as error:
        found = _looked_at(plan, None)
        found.note(error, "table")
    _keep_examined(plan, found.as_json(), found.problems)
    return True


def _keep_waiting(plan: DatasetPlan, found: Examination) -> None:
    """Tell what is known while the table is fetched; nothing has failed."""
    same = DatasetPlan.objects.filter(pk=plan.pk, revision=plan.revision)
    same.filter(progress={}).update(progress={"stage": FETCHING, "rows": 0})
    same.update(examined=_clean(found.as_json()), problems=_clean(found.problems))
    same.filter(attempts__gt=0).update(attempts=F("attempts") - 1)


def _looked_at(plan: DatasetPlan, source: Source | None) -> Examination:
    return examine(plan.settings, source, plan.examined, plan.dataset, plan.owner)


def _keep_examined(plan: DatasetPlan, examined: dict[str, Any], problems: dict[str, str]) -> None:
    """Kept only where nobody has changed the settings meanwhile; else it is done again."""
    DatasetPlan.objects.filter(pk=plan.pk, revision=plan.revision).update(
        examined=_clean(examined),
        problems=_clean(problems),
        examined_revision=plan.revision,
        attempts=0,
        moved_at=timezone.now(),
    )


def preview_plan(plan_id: int) -> None:
    """Draw some instances of a plan's table and render them as pages do."""
    with alone(f"preview plan {plan_id}", pauses_s=_PAUSES_S) as is_alone:
        plan = _plans().filter(pk=plan_id).first() if is_alone else None
        if plan is None or not _wants_preview(plan):
            return
        with turn(plan) as has_turn:
            if has_turn and _begin(plan):
                _preview(plan)


def _preview(plan: DatasetPlan) -> None:
    if plan.attempts > MAX_ATTEMPTS:
        _keep_preview(plan, {"state": "failed", "sentence": GIVEN_UP})
        return
    try:
        with table_source(plan) as source:
            volumes = refs_of(plan.settings, plan.examined["volumes"], plan.owner, plan.dataset)
            given = table_input(plan.settings, _needed(source), plan.examined["table"], plan.owner)
            preview = draw_preview(plan.settings, given, volumes, plan.examined["table"])
    except InvalidInputError as error:
        if isinstance(error, NotFetchedError):
            enqueue(Job.FETCH_TABLE, plan_id=plan.pk)
        _keep_preview(plan, {"state": "failed", "sentence": error.sentence})
        return
    # Shown as soon as it is known which they are; the pictures follow one by one.
    if not _keep_preview(plan, {"state": "ready", **preview.as_json()}):
        return
    try:
        render_cutouts(preview.requests)
    except UndrawableError as error:
        log.warning("preview_undrawable", plan=plan.pk, reason=error.sentence)


@transaction.atomic
def _keep_preview(plan: DatasetPlan, preview: dict[str, Any]) -> bool:
    """Whether it was kept: where it is still asked for, of the same file and settings. The name may
    have changed; another seed is another preview, which has a job of its own."""
    locked = _plans().select_for_update(no_key=True, of=("self",))
    now = locked.filter(pk=plan.pk).first()
    if now is None or not _wants_preview(now) or _previewed(now) != _previewed(plan):
        return False
    return bool(
        DatasetPlan.objects.filter(pk=plan.pk).update(
            preview=_clean(preview), attempts=0, moved_at=timezone.now()
        )
    )


def _wants_preview(plan: DatasetPlan) -> bool:
    return plan.status == Status.DRAFT and plan.preview.get("state") in {"making", "ready"}


def _previewed(plan: DatasetPlan) -> tuple[object, ...]:
    """What the instances of a preview depend on."""
    upload = upload_of(plan)
    return concerns_preview(plan.settings), upload and upload.pk


def save_plan(plan_id: int) -> None:
    """Make the dataset, or the version of a table; all of it or nothing.

    What keeps it from being made is told with the plan, which is a draft again.
    """
    with alone(f"save plan {plan_id}", pauses_s=_PAUSES_S) as is_alone:
        plan = _undone(plan_id, Job.SAVE_PLAN) if is_alone else None
        if plan is None:
            return
        if plan.cancelled_at is not None:  # which needs no turn
            _end_saving(plan, CancelledError())
            return
        with turn(plan) as has_turn:
            if has_turn and _begin(plan):
                _try_to_save(plan)


def _try_to_save(plan: DatasetPlan) -> None:
    try:
        _check_wanted(plan)
        _save(plan)
    except RefusedRowsError as error:
        content = gzip.compress(error.report.as_csv().encode(), mtime=0)
        _end_saving(plan, error, refused=content, refused_count=error.report.count)
    except SynAnnoError as error:
        _end_saving(plan, error)


def _check_wanted(plan: DatasetPlan) -> None:
    if plan.cancelled_at is not None:
        raise CancelledError
    if plan.attempts > MAX_ATTEMPTS:
        raise InvalidInputError(GIVEN_UP)


def _save(plan: DatasetPlan) -> None:
    saving = DatasetPlan.objects.filter(pk=plan.pk, status=Status.SAVING)
    with (
        Watch(saving, "opening", saving.filter(cancelled_at__isnull=False).exists) as watch,
        table_source(plan, watch.tell) as source,
        transaction.atomic(),
    ):
        table = _load(plan, _needed(source), watch)
        _note_saved(plan, table)
        TableUpload.objects.filter(plan=plan).delete()


def _note_saved(plan: DatasetPlan, table: SynapseTable) -> None:
    """Raises CancelledError where somebody has cancelled it up to now: all of it goes then."""
    wanted = DatasetPlan.objects.filter(pk=plan.pk, cancelled_at__isnull=True)
    if not wanted.update(
        status=Status.SAVED, table=table, progress={}, attempts=0, moved_at=timezone.now()
    ):
        raise CancelledError


def _needed(source: Source | None) -> Source:
    if source is None:
        raise InvalidInputError("table: give the table of synapses.", field="table")
    return source


def _load(plan: DatasetPlan, source: Source, watch: Watch) -> SynapseTable:
    given = table_input(plan.settings, source, plan.examined["table"], plan.owner)
    if plan.dataset is not None:
        return load_table(plan.dataset, given, on_progress=watch.tell)
    return create_dataset(
        plan.settings["name"],
        volume_inputs(plan.settings, plan.owner),
        given,
        created_by=plan.owner,
        on_progress=watch.tell,
    )


def _end_saving(plan: DatasetPlan, error: SynAnnoError, **refused: Any) -> None:
    DatasetPlan.objects.filter(pk=plan.pk, status=Status.SAVING).update(
        status=Status.DRAFT,
        failure=_clean(error.sentence),
        progress={},
        cancelled_at=None,
        attempts=0,
        moved_at=timezone.now(),
        **refused,
    )


def resume_plans(now: datetime) -> int:
    """Send again the work on plans that does not move, as after a lost broker; how many. Removes
    what such work has left."""
    remove_leftovers()
    count = 0
    for job, plans in unsent(DatasetPlan.objects.filter(moved_at__lt=now - STUCK_AFTER)).items():
        ids = list(plans.values_list("pk", flat=True))
        DatasetPlan.objects.filter(pk__in=ids).update(moved_at=now)
        for plan_id in ids:
            enqueue(job, plan_id=plan_id)
        count += len(ids)
    return count


def _plans() -> QuerySet[DatasetPlan]:
    return DatasetPlan.objects.select_related("owner", "dataset", "upload").defer("refused")


def _undone(plan_id: int, job: Job) -> DatasetPlan | None:
    """The plan, if there is something of this kind to do for it."""
    return undone(_plans())[job].filter(pk=plan_id).first()


def _begin(plan: DatasetPlan) -> bool:
    """Whether the plan is as it was found; that work on it was begun is counted."""
    same = DatasetPlan.objects.filter(pk=plan.pk, status=plan.status, revision=plan.revision)
    plan.attempts += 1
    return bool(same.update(attempts=F("attempts") + 1, moved_at=timezone.now()))


def _clean(value: Any) -> Any:
    """JSON that Postgres can keep: without the signs of a damaged file that it cannot."""
    if isinstance(value, dict):
        return {key: _clean(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(one) for one in value]
    if isinstance(value, str):
        text = value.replace("\0", "\N{REPLACEMENT CHARACTER}")
        return text.encode(errors="replace").decode()[:_LONGEST_SENTENCE]
    return value
