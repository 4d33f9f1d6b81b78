"""The page on which campaigns are restored from files."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.accounts.http import PersonRequest
from apps.core.errors import ForbiddenError
from apps.datasets.domain.layouts import ADDED
from apps.datasets.selectors import latest_tables
from apps.datasets.selectors.listing import all_datasets
from apps.exports.services.restores import MOST_BYTES


@require_safe
@never_cache
@login_required
def restore(request: PersonRequest) -> HttpResponse:
    """A file is sent, looked at, and becomes a campaign. The script asks how far that is. Tables of
    what people added are offered last."""
    if not request.user.is_staff:
        raise ForbiddenError("Only staff may open campaigns.")
    tables = [
        {"id": one.pk, "title": f"{one.dataset.name}: {one.name}, {one.row_count:,} synapses"}
        for one in sorted(latest_tables(), key=lambda one: one.layout == ADDED)
    ]
    context = {
        "given": {
            "url": reverse("api-restores"),
            "tables": tables,
            "datasets": [{"id": one.pk, "title": one.name} for one in all_datasets()],
            "me": request.user.username,
            "most_mb": MOST_BYTES // 10**6,
        },
    }
    return render(request, "exports/restore.html", context)
