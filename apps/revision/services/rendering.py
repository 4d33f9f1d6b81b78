"""Render what is drawn on. Celery workers call this; the web process never imports it."""

from __future__ import annotations

from apps.datasets.services.easels import render_easel
from apps.revision.selectors.easels import easel_of, revision_with_all


def render_easel_of(revision_id: int) -> bool:
    """Render the easel of a revision that somebody waits for; whether this process did."""
    revision = revision_with_all(revision_id)
    return revision is not None and render_easel(easel_of(revision).request)
