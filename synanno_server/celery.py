"""The Celery application. Tasks live in `workers/`; business code sends them by name."""

from __future__ import annotations

import gc
import os
from typing import Any

from celery import Celery, signals
from django.conf import settings
from django_structlog.celery.steps import DjangoStructLogInitStep

from synanno_server.settings.logs import write_event

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "synanno_server.settings")

app = Celery("synanno", broker=settings.CELERY_BROKER_URL, config_source="workers.settings")
app.steps["worker"].add(DjangoStructLogInitStep)


@signals.setup_logging.connect
def keep_logging(**_: object) -> None:
    """Leave logging as Django has set it up: with a receiver, Celery adds no handlers.

    What libraries print becomes an event as well.
    """
    level: Any = "WARNING"  # the stub wants a number, which Celery's own children cannot read
    app.log.redirect_stdouts(level)
    if settings.ENVIRONMENT.log_format == "json":
        # Celery writes some bare words past all logging, when it is asked to stop.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.close(nowhere)


@signals.worker_process_init.connect
def keep_what_is_loaded(**_: object) -> None:
    """Nothing that was there at the fork is looked through for garbage: it takes 20 ms amid a
    cutout, and copies memory that the processes share."""
    gc.freeze()


@signals.worker_shutting_down.connect
def say_shutdown(sig: str, how: str, **_: object) -> None:
    """What those words say, as an event."""
    if settings.ENVIRONMENT.log_format == "json":
        write_event("worker_shutting_down", __name__, signal=sig, how=how)
