"""Pages about the server itself."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from apps.core.selectors import OK, service_states


@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """200 while the database and Redis answer, 503 otherwise; open to all, says no secrets."""
    states = service_states()
    well = all(state == OK for state in states.values())
    body = {"status": OK if well else "failing", "services": states}
    return JsonResponse(body, status=200 if well else 503)
