"""Celery's clock. It sends jobs by their names, and loads nothing of what does them."""

from __future__ import annotations

from synanno_server.celery import app

app.conf.imports = ()
