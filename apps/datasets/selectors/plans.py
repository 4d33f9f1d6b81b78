"""Reads of plans. A plan is its owner's alone."""

from __future__ import annotations

from django.db.models import QuerySet

from apps.accounts.models import User
from apps.core.errors import NotFoundError
from apps.datasets.models import DatasetPlan, TableUpload


def plans_of(owner: User) -> QuerySet[DatasetPlan]:
    """The plans of a person, the newest first; the rows that were refused come when asked for."""
    plans = DatasetPlan.objects.filter(owner=owner).select_related("dataset", "table")
    return plans.defer("refused").order_by("-pk")


def plan_of(owner: User, plan_id: int) -> DatasetPlan:
    """A plan of this person. Raises NotFoundError, for another's too."""
    plan = plans_of(owner).filter(pk=plan_id).first()
    if plan is None:
        raise no_plan(plan_id)
    return plan


def no_plan(plan_id: int) -> NotFoundError:
    """The error of a plan that there is not, or no longer."""
    return NotFoundError(f"There is no plan {plan_id} of yours.")


def upload_of(plan: DatasetPlan) -> TableUpload | None:
    """The file that was sent with a plan, if any."""
    return getattr(plan, "upload", None)


def is_examined(plan: DatasetPlan) -> bool:
    """Whether what was found out belongs to the present settings."""
    return plan.examined_revision == plan.revision
