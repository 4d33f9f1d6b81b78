"""The Celery application. Tasks live in `workers/`; business code sends them by name."""

from __future__ import annotations

import os

from celery import Celery
from django.conf import settings
from django_structlog.celery.steps import DjangoStructLogInitStep

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "synanno_server.settings")

app = Celery("synanno", broker=settings.CELERY_BROKER_URL, config_source="workers.settings")
app.steps["worker"].add(DjangoStructLogInitStep)
