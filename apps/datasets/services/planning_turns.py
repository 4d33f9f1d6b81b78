"""Work on plans leaves a process of the workers to those who wait for pages.

The web process never imports it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from django.conf import settings as server
from django.db.models import F, QuerySet

from apps.core.jobs import Job, enqueue
from apps.core.locks import alone
from apps.datasets.models import DatasetPlan
from apps.datasets.services.fetching import FETCHING, is_remote

WAITING = "waiting"  # the stage of a saving that has no turn yet
_MOST_SENT = 20  # jobs that look for a turn when one has ended
Status = DatasetPlan.Status


@contextmanager
def turn(plan: DatasetPlan, *, fetches: bool = False) -> Iterator[bool]:
    """Whether work on this plan may be done now; of each kind, one process less than there are do
    at once.

    What lasts (savings, fetches, and looks at tables elsewhere) is one kind, short looks are the
    other.
    Where there is no turn, the plan is left as it waits: its job is sent again once one has ended.
    """
    kind = "lasting" if fetches or _lasts(plan) else "short"
    most = max(1, server.ENVIRONMENT.worker_processes - 1)
    with ExitStack() as held:
        locks = (alone(f"work on plans, {kind} {number}") for number in range(most))
        has_turn = any(held.enter_context(lock) for lock in locks)
        yield has_turn
    if has_turn:
        _send_waiting()


def undone(plans: QuerySet[DatasetPlan]) -> dict[Job, QuerySet[DatasetPlan]]:
    """Those of these plans that a worker has something to do for."""
    drafts = plans.filter(status=Status.DRAFT)
    return {
        Job.SAVE_PLAN: plans.filter(status=Status.SAVING),
        Job.EXAMINE_PLAN: drafts.exclude(examined_revision=F("revision")),
        Job.PREVIEW_PLAN: drafts.filter(preview__state="making"),
    }


def unsent(plans: QuerySet[DatasetPlan]) -> dict[Job, QuerySet[DatasetPlan]]:
    """The same, but of those whose table is fetched first only that."""
    waiting = undone(plans)
    examined = waiting[Job.EXAMINE_PLAN]
    waiting[Job.EXAMINE_PLAN] = examined.filter(progress__stage__isnull=True)
    waiting[Job.FETCH_TABLE] = examined.filter(progress__stage=FETCHING)
    return waiting


def _lasts(plan: DatasetPlan) -> bool:
    path = plan.settings["table"]["path"].strip().removeprefix("file://")
    return plan.status == Status.SAVING or ("://" in path and not is_remote(path))


def _send_waiting() -> None:
    """Have the plans that wait for a turn tried again, those that wait longest first."""
    waiting = unsent(DatasetPlan.objects.all())
    waiting[Job.SAVE_PLAN] = waiting[Job.SAVE_PLAN].filter(progress__stage=WAITING)
    for job, plans in waiting.items():
        for plan_id in plans.order_by("moved_at").values_list("pk", flat=True)[:_MOST_SENT]:
            enqueue(job, plan_id=plan_id)
