"""Skeletons of the neurons that people work on, for Neuroglancer in their browser: a precomputed
source of skeletons, read as volumes are."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.accounts.http import PersonRequest
from apps.datasets.http import for_persons
from apps.datasets.models import SkeletonSource, Volume
from apps.datasets.selectors.secrets import secrets_of
from apps.datasets.selectors.skeletons import described_source
from apps.datasets.services.skeleton_serving import INFO, skeleton_bytes
from apps.proofreading.selectors.volumes import dataset_for, managed_dataset

_KEPT_S = 300


@require_safe
@for_persons
def skeleton_info(request: PersonRequest, dataset_id: int) -> HttpResponse:
    """What the source holds."""
    dataset_for(request.user, dataset_id)
    return _finished(JsonResponse(INFO))


@require_safe
@for_persons
def skeleton(request: PersonRequest, dataset_id: int, root_id: int) -> HttpResponse:
    """The skeleton of a neuron. 503 while it is read: Neuroglancer asks again."""
    content = skeleton_bytes(dataset_for(request.user, dataset_id), root_id)
    return _finished(HttpResponse(content, content_type="application/octet-stream"))


@require_safe
@never_cache
@login_required
def dataset_skeletons_page(request: PersonRequest, dataset_id: int) -> HttpResponse:
    """Where the skeletons of a dataset come from, to be said anew and tried with one neuron."""
    user = request.user
    dataset = managed_dataset(user, dataset_id)
    may_name = user.is_staff or user.is_superuser
    context = {
        "dataset": dataset,
        "source": described_source(dataset),
        "kinds": SkeletonSource.Kind,
        "may_name_addresses": may_name,
        "has_neurons": dataset.volumes.filter(kind=Volume.Kind.NEURON).exists(),
        "secrets": secrets_of(user).values_list("name", flat=True) if may_name else [],
    }
    return render(request, "datasets/skeletons.html", context)


def _finished(response: HttpResponse) -> HttpResponse:
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    patch_vary_headers(response, ("Cookie",))
    patch_cache_control(response, private=True, max_age=_KEPT_S)
    return response
