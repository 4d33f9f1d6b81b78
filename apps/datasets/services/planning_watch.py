"""Somebody watches work on a plan that lasts, and may no longer want it.

The web process never imports it.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Thread
from typing import Self

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from apps.core.errors import SynAnnoError
from apps.datasets.models import DatasetPlan

WATCH_S = 0.5


class CancelledError(SynAnnoError):
    """Somebody no longer wants what is being done."""

    code = "cancelled"

    def __init__(self) -> None:
        super().__init__("It was cancelled; nothing was saved.")


class Watch:
    """Writes down with one of `plans` how far work on it is, and hears when it is cancelled.

    It has a connection of its own: that of a loading is within a COPY, and nobody sees what is
    written in its transaction.
    """

    def __init__(
        self, plans: QuerySet[DatasetPlan], stage: str, is_cancelled: Callable[[], bool]
    ) -> None:
        self._plans = plans
        self._look = is_cancelled
        self._progress = {"stage": stage, "rows": 0}
        self._is_cancelled = False
        self._is_over = Event()
        self._thread = Thread(target=self._run, name="plan-watch", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    def tell(self, stage: str, rows: int) -> None:
        """Note how far it is. Raises CancelledError where it is not wanted any more."""
        self._progress = {"stage": stage, "rows": rows}
        if self._is_cancelled:
            raise CancelledError

    def _run(self) -> None:
        try:
            while not self._is_over.wait(WATCH_S):
                self._plans.update(progress=self._progress, moved_at=timezone.now())
                self._is_cancelled = self._look()
        finally:
            connection.close()
