"""The pages of datasets, for staff: what there is, and the wizard that makes more."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.accounts.http import PersonRequest
from apps.core.errors import ForbiddenError
from apps.datasets.models import Volume
from apps.datasets.selectors.listing import all_datasets
from apps.datasets.selectors.plans import plan_of, plans_of
from apps.datasets.selectors.secrets import secrets_of
from apps.datasets.serializers import NEEDED_KINDS


@require_safe
@never_cache
@login_required
def datasets(request: PersonRequest) -> HttpResponse:
    """The datasets with their volumes and tables, and what this person is about to make."""
    _check_staff(request)
    plans = plans_of(request.user).exclude(status="saved")
    context = {"datasets": all_datasets(), "plans": plans}
    return render(request, "datasets/list.html", context)


@require_safe
@never_cache
@login_required
def plan(request: PersonRequest, plan_id: int) -> HttpResponse:
    """The wizard: what one says of new data, what is found out about it, a preview, saving."""
    _check_staff(request)
    found = plan_of(request.user, plan_id)
    secrets = secrets_of(request.user).values_list("name", flat=True)
    setting: dict[str, Any] = {
        "plan": reverse("api-dataset-plan", args=[found.pk]),
        "datasets": reverse("datasets"),
        "campaign": reverse("campaign-new"),
        "kinds": [kind.value for kind in Volume.Kind],
        "needed": [kind.value for kind in NEEDED_KINDS],
        "secrets": list(secrets),
    }
    return render(request, "datasets/plan.html", {"plan": found, "setting": setting})


def _check_staff(request: PersonRequest) -> None:
    if not request.user.is_staff:
        raise ForbiddenError("Only staff may make datasets.")
