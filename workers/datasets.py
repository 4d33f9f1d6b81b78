"""Jobs of datasets. Each is one call into a service."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from apps.core.jobs import Job
from apps.datasets.services import (
    planning_fetches,
    planning_work,
    skeleton_checks,
    skeleton_sources,
    skeletons,
)
from apps.datasets.services.fetching import FETCHING_LIMIT_S

LOADING_LIMIT_S = 24 * 3600  # of the largest tables; the others end a job after ten minutes


@shared_task(name=Job.EXAMINE_PLAN.value)
def examine_plan(plan_id: int) -> None:
    planning_work.examine_plan(plan_id)


@shared_task(name=Job.FETCH_TABLE.value, time_limit=FETCHING_LIMIT_S + 600)
def fetch_table(plan_id: int) -> None:
    planning_fetches.fetch_table(plan_id)


@shared_task(name=Job.PREVIEW_PLAN.value)
def preview_plan(plan_id: int) -> None:
    planning_work.preview_plan(plan_id)


@shared_task(name=Job.SAVE_PLAN.value, time_limit=LOADING_LIMIT_S)
def save_plan(plan_id: int) -> None:
    planning_work.save_plan(plan_id)


@shared_task(name=Job.RESUME_PLANS.value)
def resume_plans() -> None:
    planning_work.resume_plans(timezone.now())


@shared_task(name=Job.CHECK_SKELETONS.value)
def check_skeletons(source_id: int) -> None:
    skeleton_checks.check_source(source_id)


@shared_task(name=Job.RESUME_SKELETON_CHECKS.value)
def resume_skeleton_checks() -> None:
    skeleton_sources.resume_checks()


@shared_task(name=Job.READ_SKELETON.value)
def read_skeleton(dataset_id: int, root_id: str) -> None:
    skeletons.read_for_browsers(dataset_id, int(root_id))
