"""A sign of life of who writes an export, and how they hear that nobody wants it any more."""

from __future__ import annotations

from threading import Event, Thread
from typing import Self

from django.db import connection
from django.utils import timezone

from apps.core.errors import SynAnnoError
from apps.exports.models import Export

BEAT_S = 5.0


class GivenUpError(SynAnnoError):
    """Somebody has cancelled the export."""

    code = "cancelled"


class Watch:
    """While a block runs, notes every few seconds that work on an export goes on, and looks whether
    it is still wanted. It has a connection of its own."""

    def __init__(self, export_id: int) -> None:
        self._export = Export.objects.filter(pk=export_id)
        self._is_over = Event()
        self._is_cancelled = False
        self._thread = Thread(target=self._run, name="export-watch", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    def go_on(self) -> None:
        """Raises GivenUpError where it is not wanted any more."""
        if self._is_cancelled:
            raise GivenUpError("It was cancelled.")

    def _run(self) -> None:
        try:
            while not self._is_over.wait(BEAT_S):
                self._export.update(moved_at=timezone.now())
                self._is_cancelled = self._export.filter(cancelled_at__isnull=False).exists()
        finally:
            connection.close()
