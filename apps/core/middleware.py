"""Turns errors of plain views into pages or JSON."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from structlog.contextvars import get_contextvars

from apps.core.errors import NotFoundError, SynAnnoError
from apps.core.errors_http import failure, json_error, status_of
from apps.core.forms import in_words

_API = "/api/"


class ErrorMiddleware:
    """Answers a `SynAnnoError` with its sentence instead of a traceback. Under `/api/` an address
    that there is not and a failure of the server have the shape of all errors, too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_page = response.headers.get("Content-Type", "").startswith("text/html")
        if not is_page or not request.path.startswith(_API):
            return response
        if response.status_code == 404:
            return json_error(NotFoundError(f"The API has no address {request.path}."))
        if response.status_code == 500:
            return failure(str(get_contextvars().get("request_id", "")))
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, SynAnnoError):
            return None
        if "text/html" not in request.headers.get("Accept", ""):
            return json_error(error)
        status = status_of(error)
        template = f"{status}.html" if status in {403, 404} else "400.html"
        return render(request, template, {"sentence": in_words(error)}, status=status)
