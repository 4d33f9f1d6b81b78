"""Work on plans waits for its turn, as all that lasts, or that somebody waits for.

The web process never imports it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from django.db.models import F, QuerySet

from apps.core.jobs import Job, enqueue
from apps.core.turns import turn_has_ended, turn_to_last, turn_to_look
from apps.datasets.models import DatasetPlan
from apps.datasets.services.fetching import FETCHING, is_remote

WAITING = "waiting"  # the stage of a saving that has no turn yet
_MOST_SENT = 20  # jobs that look for a turn when one has ended
Status = DatasetPlan.Status


@contextmanager
def turn(plan: DatasetPlan, *, fetches: bool = False) -> Iterator[bool]:
    """Whether work on this plan may be done now.

    What lasts (savings, fetches, and looks at tables elsewhere) waits for all that lasts, short
    looks for other such looks. Where there is no turn, the plan is left as it waits: its job is
    sent again once one has ended.

    Who has had it may be alone at this plan for longer, to go on with it. No job is lost by that:
    one that is sent for the plan meanwhile looks for that lock for moments, and who keeps it does
    what there is to do, or finds that another has the turn, at whose end the job is sent again.
    """
    is_long = fetches or _lasts(plan)
    has_turn = False
    try:
        with turn_to_last() if is_long else turn_to_look() as has_turn:
            yield has_turn
    finally:
        if has_turn:
            turn_has_ended(Job.SAVE_PLAN if is_long else Job.EXAMINE_PLAN)


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


def send_waiting_tables(after_s: float = 0.0) -> int:
    """Have the savings and fetches that wait for a turn tried again, and the looks that may last,
    those that wait longest first; how many."""
    waiting = _waiting()
    looks = waiting[Job.EXAMINE_PLAN].filter(settings__table__path__contains="://")
    savings = waiting[Job.SAVE_PLAN].filter(progress__stage=WAITING)
    fetches = waiting[Job.FETCH_TABLE]
    found = {Job.SAVE_PLAN: savings, Job.FETCH_TABLE: fetches, Job.EXAMINE_PLAN: looks}
    return _send(found, after_s)


def send_waiting_looks(after_s: float = 0.0) -> int:
    """The same for looks at plans and previews."""
    waiting = _waiting()
    return _send({job: waiting[job] for job in (Job.EXAMINE_PLAN, Job.PREVIEW_PLAN)}, after_s)


def _waiting() -> dict[Job, QuerySet[DatasetPlan]]:
    """What was begun in vain is not among them: the sweep takes it up after a while."""
    return unsent(DatasetPlan.objects.filter(attempts=0))


def _send(found: Mapping[Job, QuerySet[DatasetPlan]], after_s: float) -> int:
    count = 0
    for job, plans in found.items():
        for plan_id in plans.order_by("moved_at").values_list("pk", flat=True)[:_MOST_SENT]:
            enqueue(job, after_s=after_s, plan_id=plan_id)
            count += 1
    return count
