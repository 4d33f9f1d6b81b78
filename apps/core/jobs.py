"""Jobs: business code names the work, `workers/` does it."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import structlog
from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

log = structlog.get_logger(__name__)


class Job(StrEnum):
    """Every job there is; a test compares the names with the registered tasks."""

    PREPARE_CAMPAIGN = "campaigns.prepare_campaign"
    RENDER_PAGES = "campaigns.render_pages"
    RENDER_ITEMS = "campaigns.render_items"
    RENDER_SECTION = "proofreading.render_section"
    RESUME_PREPARATIONS = "campaigns.resume_preparations"
    LEARN_LEASE_TIMES = "campaigns.learn_lease_times"
    SEND_WEBHOOKS = "campaigns.send_webhooks"
    COUNT_VERDICTS = "proofreading.count_verdicts"
    ASK_FOR_VOTES = "proofreading.ask_for_votes"
    MEASURE_PEOPLE = "proofreading.measure_people"
    GATHER_REVISIONS = "revision.gather_revisions"
    MAKE_REPORTS = "evaluation.make_reports"
    EXAMINE_PLAN = "datasets.examine_plan"
    FETCH_TABLE = "datasets.fetch_table"
    PREVIEW_PLAN = "datasets.preview_plan"
    SAVE_PLAN = "datasets.save_plan"
    RESUME_PLANS = "datasets.resume_plans"
    CHECK_SKELETONS = "datasets.check_skeletons"
    RESUME_SKELETON_CHECKS = "datasets.resume_skeleton_checks"
    READ_SKELETON = "datasets.read_skeleton"
    RENDER_EASEL = "revision.render_easel"
    CHECK_MARKERS = "revision.check_markers"
    RESUME_CHECKS = "revision.resume_checks"
    FILL_DEPTH = "revision.fill_depth"
    RESUME_PROPOSALS = "revision.resume_proposals"
    FIND_PARTNERS = "revision.find_partners"
    WRITE_EXPORT = "exports.write_export"
    RESUME_EXPORTS = "exports.resume_exports"
    RESTORE = "exports.restore"
    RESUME_RESTORES = "exports.resume_restores"
    TRY_DELIVERY = "cave_sync.try_delivery"
    SYNC_DELIVERY = "cave_sync.sync_delivery"
    SYNC_DUE = "cave_sync.sync_due"
    FILL_DEPTH_UNET = "pipelines.fill_depth_unet"
    LOOK_AT_NETWORK = "pipelines.look_at_network"
    GIVE_TURNS = "core.give_turns"


# A picture that nobody has fetched in this time is asked for again, or no longer wanted; a
# preparation, check or proposal that has not begun is sent again; whoever still looks at reports
# asks for them again. Without a worker such jobs must not pile up.
_EXPIRES_S = {
    Job.RENDER_ITEMS: 30,
    Job.RENDER_EASEL: 30,
    Job.RENDER_PAGES: 300,
    Job.RENDER_SECTION: 30,
    Job.PREPARE_CAMPAIGN: 120,
    Job.GATHER_REVISIONS: 60,
    Job.MAKE_REPORTS: 60,
    Job.EXAMINE_PLAN: 120,
    Job.FETCH_TABLE: 120,
    Job.PREVIEW_PLAN: 120,
    Job.SAVE_PLAN: 120,
    Job.CHECK_SKELETONS: 120,
    Job.READ_SKELETON: 60,
    Job.CHECK_MARKERS: 60,
    Job.FILL_DEPTH: 60,
    Job.FILL_DEPTH_UNET: 60,
    Job.TRY_DELIVERY: 120,
    Job.SYNC_DELIVERY: 120,
    Job.WRITE_EXPORT: 120,
    Job.RESTORE: 120,
    Job.GIVE_TURNS: 120,
}


def enqueue(job: Job, *, after_s: float = 0.0, **arguments: Any) -> None:
    """Send a job once the current transaction has been committed; it begins `after_s` later.

    When the broker cannot be reached this is logged and not raised: what the job is for is
    recorded in Postgres, and the periodic jobs take up what was left undone.
    """
    transaction.on_commit(lambda: _send(job, after_s, arguments))


def _send(job: Job, after_s: float, arguments: dict[str, Any]) -> None:
    try:
        current_app.send_task(
            job.value,
            kwargs=arguments,
            countdown=after_s or None,
            expires=_EXPIRES_S.get(job),
        )
    except OperationalError as error:
        log.warning("job_not_sent", job=job.value, reason=str(error))
