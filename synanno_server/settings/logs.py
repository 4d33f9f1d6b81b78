"""Structured logs: one event a line, with the request or task that it belongs to."""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
import traceback
from types import TracebackType
from typing import Any

import structlog


def _exception_as_text(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Celery's events carry the exception itself, where a renderer wants its text."""
    exception = event.get("exception")
    if isinstance(exception, BaseException):
        event["exception"] = "".join(traceback.format_exception(exception)).rstrip()
    return event


_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
    _exception_as_text,
]


def configure_structlog(log_format: str) -> None:
    """Send structlog's events through the standard library's handlers.

    For `json` also what Python itself would print: warnings, and the traceback that ends a program.
    """
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    if log_format == "json":
        logging.captureWarnings(True)
        sys.excepthook = _log_uncaught
        threading.excepthook = lambda args: _log_uncaught(
            args.exc_type, args.exc_value or args.exc_type(), args.exc_traceback
        )


class AnsweredOnce(logging.Filter):
    """Drops what says of an answer that was logged already that its last part has been read.

    Each chunk of a volume that a browser asks for is such an answer.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        event = record.msg
        return not (isinstance(event, dict) and event.get("event") == "streaming_finished")


def _log_uncaught(
    kind: type[BaseException], error: BaseException, where: TracebackType | None
) -> None:
    logging.getLogger(__name__).critical("uncaught exception", exc_info=(kind, error, where))


def write_event(event: str, logger: str, **fields: str) -> None:
    """Write a JSON event at once. For signal handlers, where locks of logging may be held."""
    stamped = structlog.processors.TimeStamper(fmt="iso", utc=True)(
        None, "", {"event": event, "logger": logger, "level": "info", **fields}
    )
    os.write(2, f"{json.dumps(stamped)}\n".encode())


def logging_config(log_format: str, level: str) -> dict[str, Any]:
    """The LOGGING setting for `json` or `console` output on standard error."""
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(
            colors=False, exception_formatter=structlog.dev.plain_traceback
        )
    )
    # These would otherwise bring handlers of their own, or print bare lines.
    apart = {"handlers": ["stderr"], "level": level, "propagate": False}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "events": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": _SHARED,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    renderer,
                ],
            }
        },
        "filters": {"answered_once": {"()": AnsweredOnce}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "events"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django.server": apart,
            "gunicorn.error": apart,
            "gunicorn.access": apart,
            "multiprocessing": {**apart, "level": "ERROR"},
            "celery.app.trace": {"level": "WARNING"},
            # "task_enqueued" would stand in the answers of manage.py
            "django_structlog.celery.receivers": {"level": "WARNING"},
            "django_structlog.middlewares.request": {"filters": ["answered_once"]},
            "urllib3": {"level": "WARNING"},
        },
    }
