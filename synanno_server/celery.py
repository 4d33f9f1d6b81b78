"""The Celery application. Tasks live in `workers/`; business code sends them by name."""

from __future__ import annotations

import os

from celery import Celery
from django_structlog.celery.steps import DjangoStructLogInitStep

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "synanno_server.settings")

app = Celery("synanno")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.config_from_object("workers.settings")
app.steps["worker"].add(DjangoStructLogInitStep)
