"""Skeletons of the neurons that people work on, for Neuroglancer in their browser: a precomputed
source of skeletons, read as volumes are."""

from __future__ import annotations

from django.http import HttpResponse, JsonResponse
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.views.decorators.http import require_safe

from apps.accounts.http import PersonRequest
from apps.datasets.http import for_persons
from apps.datasets.services.skeleton_serving import INFO, skeleton_bytes
from apps.proofreading.selectors.volumes import dataset_for

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


def _finished(response: HttpResponse) -> HttpResponse:
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    patch_vary_headers(response, ("Cookie",))
    patch_cache_control(response, private=True, max_age=_KEPT_S)
    return response
