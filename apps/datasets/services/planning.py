"""Plans of datasets as the web process sees them: it keeps what is said, workers look at data."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import PurePath
from typing import Any

from django.db import transaction

from apps.accounts.models import User
from apps.core.errors import ConflictError, InvalidInputError
from apps.core.jobs import Job, enqueue
from apps.datasets.domain.plan_settings import changed, concerns_preview, first_settings
from apps.datasets.models import Dataset, DatasetPlan, TableUpload, UploadPart
from apps.datasets.selectors.plans import is_examined, no_plan, upload_of

MOST_PLANS = 50  # of a person, which are not saved
MOST_UPLOADED = 100 * 2**20  # bytes; larger tables are read where they lie
_FORM = 2**14  # bytes of a form that are not the file
_PART = 2**20
_LONGEST_NAME = 100  # bytes
_OF_A_VERSION = {"table", "crop_size", "seed"}


@transaction.atomic
def start_plan(
    owner: User, changes: Mapping[str, Any], now: datetime, dataset: Dataset | None = None
) -> DatasetPlan:
    """A plan of a new dataset, or of the next version of a table of one that there is.

    Raises ConflictError where the person has too many.
    """
    unsaved = DatasetPlan.objects.filter(owner=owner).exclude(status=DatasetPlan.Status.SAVED)
    if unsaved.count() >= MOST_PLANS:
        raise ConflictError(f"You have {MOST_PLANS} datasets in the making; remove some first.")
    plan = DatasetPlan.objects.create(
        owner=owner, dataset=dataset, settings=first_settings(), moved_at=now
    )
    return change_plan(plan, changes, now)


@transaction.atomic
def change_plan(plan: DatasetPlan, changes: Mapping[str, Any], now: datetime) -> DatasetPlan:
    """Replace parts of the settings, and have what changed examined.

    Raises ConflictError while the plan is saved, and afterwards.
    """
    plan = _draft(plan)
    _check_fits(plan, changes)
    settings = changed(plan.settings, changes)
    if settings == plan.settings and plan.revision:
        return plan
    if settings["table"]["path"]:
        TableUpload.objects.filter(plan=plan).delete()
    if concerns_preview(settings) != concerns_preview(plan.settings):
        plan.preview = {}
    plan.settings = settings
    _have_examined(plan, now)
    return plan


def check_upload_size(length: int) -> None:
    """Refuse a form of so many bytes, which holds a larger file than is kept, before it is read.

    Raises InvalidInputError.
    """
    _check_size(length - _FORM)


@transaction.atomic
def keep_upload(
    plan: DatasetPlan, name: str, chunks: Iterable[bytes], now: datetime
) -> DatasetPlan:
    """Keep the file of a table with its plan; a file that was sent before goes.

    Raises InvalidInputError for one that is too large or empty, and ConflictError as a change
    does.
    """
    plan = _draft(plan)
    TableUpload.objects.filter(plan=plan).delete()
    upload = TableUpload.objects.create(plan=plan, name=_file_name(name), size=0)
    digest = hashlib.sha256()
    for number, part in enumerate(_parts(chunks)):
        upload.size += len(part)
        _check_size(upload.size)
        digest.update(part)
        UploadPart.objects.create(upload=upload, number=number, content=part)
    if upload.size == 0:
        raise InvalidInputError("table: the file is empty.", field="table")
    upload.digest = digest.hexdigest()
    upload.save(update_fields=["size", "digest"])
    plan.settings["table"] = {**plan.settings["table"], "path": ""}
    plan.preview = {}
    _have_examined(plan, now)
    return plan


@transaction.atomic
def remove_upload(plan: DatasetPlan, now: datetime) -> DatasetPlan:
    """Forget the file that was sent. Raises ConflictError as a change does."""
    plan = _draft(plan)
    if TableUpload.objects.filter(plan=plan).delete()[0]:
        plan.preview = {}
        _have_examined(plan, now)
    return plan


@transaction.atomic
def ask_preview(plan: DatasetPlan, seed: int | None, now: datetime) -> DatasetPlan:
    """Have some instances drawn. Another seed draws others.

    Raises ConflictError while the plan is examined, InvalidInputError where it has problems that
    keep instances from being drawn.
    """
    plan = _draft(plan)
    _check_ready(plan, but=("name",))
    if seed is not None:
        plan.settings = {**plan.settings, "seed": seed}
    plan.preview = {"state": "making"}
    _move(plan, now, "settings", "preview")
    enqueue(Job.PREVIEW_PLAN, plan_id=plan.pk)
    return plan


@transaction.atomic
def ask_save(plan: DatasetPlan, now: datetime) -> DatasetPlan:
    """Have the dataset made and its table loaded.

    Raises ConflictError while the plan is examined or saved, InvalidInputError naming the field
    of a problem.
    """
    plan = _draft(plan)
    _check_ready(plan)
    plan.status = DatasetPlan.Status.SAVING
    plan.progress = {"stage": "waiting", "rows": 0}
    plan.cancelled_at = None
    _move(plan, now, "status", "progress", "cancelled_at", *_without_failure(plan))
    enqueue(Job.SAVE_PLAN, plan_id=plan.pk)
    return plan


@transaction.atomic
def cancel_saving(plan: DatasetPlan, now: datetime) -> DatasetPlan:
    """Have the saving given up; what was loaded so far goes. Raises ConflictError if none is on."""
    plan = _locked(plan)
    if plan.status != DatasetPlan.Status.SAVING:
        raise ConflictError("Nothing is being saved.")
    plan.cancelled_at = now
    plan.save(update_fields=["cancelled_at"])
    enqueue(Job.SAVE_PLAN, plan_id=plan.pk)  # one that waits for its turn ends at once
    return plan


@transaction.atomic
def remove_plan(plan: DatasetPlan) -> None:
    """Forget a plan; a dataset that was made of it stays. Raises ConflictError while it is
    saved."""
    plan = _locked(plan)
    if plan.status == DatasetPlan.Status.SAVING:
        raise ConflictError("It is being saved; cancel that first.")
    plan.delete()


def _locked(plan: DatasetPlan) -> DatasetPlan:
    """Raises NotFoundError where it was removed meanwhile."""
    plans = DatasetPlan.objects.defer("refused").select_for_update(no_key=True, of=("self",))
    locked = plans.filter(pk=plan.pk).first()
    if locked is None:
        raise no_plan(plan.pk)
    return locked


def _draft(plan: DatasetPlan) -> DatasetPlan:
    plan = _locked(plan)
    if plan.status == DatasetPlan.Status.SAVING:
        raise ConflictError("It is being saved and cannot be changed; cancel that first.")
    if plan.status == DatasetPlan.Status.SAVED:
        raise ConflictError("It is saved; begin a new one.")
    return plan


def _check_fits(plan: DatasetPlan, changes: Mapping[str, Any]) -> None:
    """Raises InvalidInputError for what is settled already where the dataset is there."""
    settled = sorted(set(changes) - _OF_A_VERSION)
    if plan.dataset_id is not None and settled:
        raise InvalidInputError(
            f"{settled[0]}: the dataset is there already; only its table can be given.",
            field=settled[0],
        )


def _have_examined(plan: DatasetPlan, now: datetime) -> None:
    plan.revision += 1
    _move(plan, now, "settings", "revision", "preview", *_without_failure(plan))
    enqueue(Job.EXAMINE_PLAN, plan_id=plan.pk)


def _without_failure(plan: DatasetPlan) -> Sequence[str]:
    """Forget why it could not be saved; the fields that this is about."""
    plan.failure, plan.refused, plan.refused_count = "", None, 0
    return "failure", "refused", "refused_count"


def _move(plan: DatasetPlan, now: datetime, *fields: str) -> None:
    """Write what changed; work on the plan begins anew."""
    plan.attempts, plan.moved_at = 0, now
    plan.save(update_fields=[*fields, "attempts", "moved_at"])


def _check_ready(plan: DatasetPlan, but: Iterable[str] = ()) -> None:
    if not is_examined(plan):
        raise ConflictError("What you gave is still being looked at; try again in a moment.")
    for field, sentence in plan.problems.items():
        if field not in but:
            raise InvalidInputError(sentence, field=field)
    if plan.settings["table"]["path"] == "" and upload_of(plan) is None:
        raise InvalidInputError("table: give the table of synapses.", field="table")


def _check_size(size: int) -> None:
    if size > MOST_UPLOADED:
        raise InvalidInputError(
            f"table: the file is larger than {MOST_UPLOADED // 2**20} MB; give its path on the "
            "server, or load it with `manage.py load_table`.",
            field="table",
        )


def _parts(chunks: Iterable[bytes]) -> Iterable[bytes]:
    for chunk in chunks:
        for start in range(0, len(chunk), _PART):
            yield chunk[start : start + _PART]


def _file_name(name: str) -> str:
    """A name that a file of the workers can have: no folders, nothing unprintable, and of no more
    bytes than a name has."""
    last = PurePath(name.replace("\\", "/")).name
    kept = "".join(sign for sign in last if sign.isprintable())
    short = kept.strip(". ").encode()[-_LONGEST_NAME:].decode(errors="ignore")
    return short.strip(". ") or "table"
