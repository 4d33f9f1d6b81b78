"""The one place where errors become HTTP responses."""

from __future__ import annotations

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
    InvalidInputError,
    NotFoundError,
    SynAnnoError,
    UnavailableError,
)

log = structlog.get_logger(__name__)

_JSON = "application/json"
_NO_REDIS = (
    "The store of rendered pictures (Redis) does not answer just now. "
    "Labels are kept elsewhere and are safe; try again in a moment."
)
_STATUS: tuple[tuple[type[SynAnnoError], int], ...] = (
    (InvalidInputError, 400),
    (ForbiddenError, 403),
    (NotFoundError, 404),
    (ConflictError, 409),
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
    if not isinstance(error, APIException):
        return str(error) or type(error).__name__
    field, message = _first_detail(error.detail)
    return f"{field}: {message}" if field else message


def _field_of(error: Exception) -> str | None:
    return _first_detail(error.detail)[0] if isinstance(error, APIException) else None


def _first_detail(detail: Any) -> tuple[str | None, str]:
    """The first message in REST framework's nested details, with the path of its field."""
    path: list[str] = []
    while isinstance(detail, dict | list):
        if isinstance(detail, dict):
            key, detail = next(iter(detail.items()))
            if key not in {"non_field_errors", "detail"}:
                path.append(str(key))
        else:
            position = next((i for i, part in enumerate(detail) if part), 0)
            if isinstance(detail[position], dict):
                path.append(str(position))
            detail = detail[position]
    return (".".join(path) or None, str(detail))
