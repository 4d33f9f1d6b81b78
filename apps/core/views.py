"""Pages about the server itself."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer
from drf_spectacular.views import SpectacularAPIView
from rest_framework.renderers import JSONRenderer

from apps.core.selectors import OK, service_states


@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """200 while the database and Redis answer, 503 otherwise; open to all, says no secrets."""
    states = service_states()
    well = all(state == OK for state in states.values())
    body = {"status": OK if well else "failing", "services": states}
    return JsonResponse(body, status=200 if well else 503)


class ApiSchemaView(SpectacularAPIView):
    """The API described by OpenAPI, made from the code: JSON, or YAML where that is asked for."""

    renderer_classes = [JSONRenderer, OpenApiJsonRenderer, OpenApiYamlRenderer]


@require_safe
@login_required
def api_page(request: HttpRequest) -> HttpResponse:
    """The same for people, with forms to try it."""
    return render(request, "core/api.html")
