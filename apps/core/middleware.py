"""Turns errors of plain views into pages or JSON."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.core.errors import SynAnnoError
from apps.core.errors_http import json_error, status_of


class ErrorMiddleware:
    """Answers a `SynAnnoError` with its sentence instead of a traceback."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, SynAnnoError):
            return None
        if "text/html" not in request.headers.get("Accept", ""):
            return json_error(error)
        status = status_of(error)
        template = f"{status}.html" if status in {403, 404} else "400.html"
        return render(request, template, {"sentence": error.sentence}, status=status)
