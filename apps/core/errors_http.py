"""The one place where errors become HTTP responses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import redis
import structlog
from django.http import JsonResponse
from rest_framework.exceptions import (
    APIException,
    AuthenticationFailed,
    NotAuthenticated,
    ParseError,
)
from rest_framework.response import Response
from rest_framework.views import exception_handler

from apps.core.errors import (
    ConflictError,
    ForbiddenError,
    GoneError,
    InvalidInputError,
    NotFoundError,
    SynAnnoError,
    UnavailableError,
)

log = structlog.get_logger(__name__)

_JSON = "application/json"
_MOST_TOLD = 8
_NO_REDIS = (
    "The store of rendered pictures (Redis) does not answer just now. "
    "Labels are kept elsewhere and are safe; try again in a moment."
)
_STATUS: tuple[tuple[type[SynAnnoError], int], ...] = (
    (InvalidInputError, 400),
    (ForbiddenError, 403),
    (NotFoundError, 404),
    (ConflictError, 409),
    (GoneError, 410),
    (UnavailableError, 503),
)


def status_of(error: SynAnnoError) -> int:
    """The HTTP status of an error; 500 for one without a kind."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def error_body(code: str, sentence: str, field: str | None = None) -> dict[str, Any]:
    return {"error": {"code": code, "sentence": sentence, "field": field}}


def json_error(error: SynAnnoError) -> JsonResponse:
    """The response of a plain Django view."""
    return JsonResponse(
        error_body(error.code, error.sentence, error.field), status=status_of(error)
    )


def failure(request_id: str) -> JsonResponse:
    """The response where the server itself failed; the log has more under the same id."""
    sentence = f"The server failed, and has logged how. Whoever runs it finds it by {request_id}."
    body = error_body("server_error", sentence)
    body["error"]["request_id"] = request_id
    return JsonResponse(body, status=500)


def handle_exception(error: Exception, context: dict[str, Any]) -> Response | None:
    """REST framework's handler: every error has one shape, `{"error": {…}}`."""
    if isinstance(error, redis.RedisError):
        log.warning("redis_failed", reason=f"{type(error).__name__}: {error}")
        error = UnavailableError(_NO_REDIS)
    if isinstance(error, SynAnnoError):
        body = error_body(error.code, error.sentence, error.field)
        body["error"] |= error.details
        return Response(body, status=status_of(error), content_type=_JSON)
    response = exception_handler(error, context)
    if response is not None:
        response.content_type = _JSON
        response.data = error_body(_code_of(error), _sentence_of(error), _field_of(error))
    return response


def _code_of(error: Exception) -> str:
    if isinstance(error, NotAuthenticated | AuthenticationFailed):
        return "login_needed"
    if isinstance(error, ParseError):
        return "invalid"
    return str(getattr(error, "default_code", "error"))


def _sentence_of(error: Exception) -> str:
    """Says all that is wrong, field by field, so that nobody mends one after the other."""
    if not isinstance(error, APIException):
        return str(error) or type(error).__name__
    told = [f"{field}: {text}" if field else text for field, text in _details(error.detail)]
    more = len(told) - _MOST_TOLD
    return " ".join([*told[:_MOST_TOLD], *([f"And {more} more."] if more > 0 else [])])


def _field_of(error: Exception) -> str | None:
    """The first of the fields."""
    return next(_details(error.detail), (None, ""))[0] if isinstance(error, APIException) else None


def _details(detail: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str | None, str]]:
    """The first message about each field in REST framework's nested details, with its path."""
    if isinstance(detail, dict):
        for key, inner in detail.items():
            is_named = key not in {"non_field_errors", "detail"}
            yield from _details(inner, (*path, str(key)) if is_named else path)
    elif isinstance(detail, list) and any(isinstance(part, dict | list) for part in detail):
        for position, part in enumerate(detail):
            if part:
                yield from _details(part, (*path, str(position)))
    elif isinstance(detail, list):
        yield from _details(detail[0] if detail else "", path)
    else:
        yield ".".join(path) or None, str(detail)
