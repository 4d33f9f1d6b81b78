"""Tables of plans that lie at an address: fetched once, by a job of their own, and kept with the
plan for as long as it names that address.

They lie in `fetched` in SYNANNO_HOME, a folder for each plan. Workers that do not share it fetch
the table again. The web process never imports this.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from django.conf import settings as server
from django.db.models import F, QuerySet
from django.utils import timezone

from apps.core.errors import InvalidInputError
from apps.core.jobs import Job, enqueue
from apps.core.locks import alone
from apps.datasets.models import DatasetPlan
from apps.datasets.services.fetching import FETCHING, Progress, fetch_to, is_remote, temporary
from apps.datasets.services.planning_secrets import table_secret
from apps.datasets.services.planning_turns import turn
from apps.datasets.services.planning_watch import CancelledError, Watch

MAX_ATTEMPTS = 3
GIVEN_UP = "This was tried several times and ended its worker; the log of the workers says why."
_PAUSES_S = (0.0, 0.2, 0.6)
_FAILED = "failed"  # a file with the sentence why there is no table
_LONGEST_JOB_S = 48 * 3600  # what is older in the temporary folder is nobody's any more


class NotFetchedError(InvalidInputError):
    """The table is not on this machine yet."""

    code = "not_fetched"


def table_at(plan: DatasetPlan) -> str | None:
    """The address of a plan's table, where it is at one from which it is fetched."""
    path: str = plan.settings["table"]["path"].strip()
    return path if is_remote(path) else None


def fetched_table(plan: DatasetPlan, address: str, on_progress: Progress | None = None) -> Path:
    """The table of a plan on this machine; fetched now, if somebody hears how far it is.

    Raises NotFetchedError else, FetchError where it could not be fetched: it is tried again when
    it is asked for again.
    """
    folder = _folder(plan, address)
    failed = folder / _FAILED
    if failed.exists():
        sentence = failed.read_text("utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        raise InvalidInputError(sentence, field="table")
    if not folder.exists():
        if on_progress is None:
            raise NotFetchedError("table: it is being fetched; try again later.", field="table")
        _fetch(plan, address, folder, "saving", on_progress)
    return next(folder.iterdir())


def fetch_table(plan_id: int) -> None:
    """Fetch the table that a plan names, until it is the one that it names now."""
    with alone(f"fetch table of plan {plan_id}", pauses_s=_PAUSES_S) as is_alone:
        while is_alone and (plan := _drafts(plan_id).first()) is not None:
            address = table_at(plan)
            if address is None or _folder(plan, address).exists():
                break
            with turn(plan, fetches=True) as has_turn:
                if not has_turn:
                    return
                _try(plan, address)
        else:
            return
    enqueue(Job.EXAMINE_PLAN, plan_id=plan_id)


def _try(plan: DatasetPlan, address: str) -> None:
    table = plan.settings["table"]
    same = _drafts(plan.pk).filter(settings__table__path=table["path"])
    if table.get("secret"):
        same = same.filter(settings__table__secret=table["secret"])
    same.update(attempts=F("attempts") + 1, moved_at=timezone.now())
    folder = _folder(plan, address)
    try:
        if plan.attempts >= MAX_ATTEMPTS:
            _note_failure(folder, GIVEN_UP)
        else:
            with Watch(same, FETCHING, lambda: not same.exists()) as watch:
                _fetch(plan, address, folder, "part", watch.tell)
    except CancelledError:
        return  # the plan names another table now, or is gone
    except InvalidInputError as error:
        _note_failure(folder, error.sentence)
    finally:
        _drafts(plan.pk).update(progress={})
    same.update(attempts=0)


def _note_failure(folder: Path, sentence: str) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / _FAILED).write_text(sentence, "utf-8")


def _fetch(
    plan: DatasetPlan, address: str, folder: Path, ending: str, on_progress: Progress
) -> None:
    """The folder is there once the file in it is whole; before, one with this ending."""
    secret = table_secret(plan.settings, plan.owner)
    draft = folder.with_name(f"{folder.name}.{ending}")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700, parents=True)
    try:
        fetch_to(address, draft, secret=secret, on_progress=on_progress)
        if not folder.exists():
            draft.rename(folder)
    except FileNotFoundError as error:  # the plan was removed, and its folder with it
        raise CancelledError from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def remove_leftovers() -> None:
    """Remove what was fetched for plans that are gone or saved, or that name another table now; and
    what processes that were killed have left in the temporary folder."""
    plans = DatasetPlan.objects.exclude(status=DatasetPlan.Status.SAVED)
    for folder in _home().glob("*"):
        plan = plans.filter(pk=int(folder.name)).first() if folder.name.isdecimal() else None
        address = table_at(plan) if plan is not None else None
        if plan is None or address is None:
            shutil.rmtree(folder, ignore_errors=True)
            continue
        own = _folder(plan, address).name
        for one in folder.iterdir():
            if one.name.partition(".")[0] != own:
                shutil.rmtree(one, ignore_errors=True)
    for left in temporary(Path(tempfile.gettempdir())):
        with suppress(FileNotFoundError):  # removed by its own process just now
            if time.time() - left.stat().st_mtime > _LONGEST_JOB_S:
                shutil.rmtree(left, ignore_errors=True)


def _drafts(plan_id: int) -> QuerySet[DatasetPlan]:
    return DatasetPlan.objects.filter(pk=plan_id, status=DatasetPlan.Status.DRAFT)


def _home() -> Path:
    return server.ENVIRONMENT.home / "fetched"


def _folder(plan: DatasetPlan, address: str) -> Path:
    """What was fetched, or refused, with another secret is another table."""
    what = f"{address}\n{plan.settings['table'].get('secret', '')}"
    return _home() / str(plan.pk) / sha256(what.encode()).hexdigest()[:16]
