"""Networks leave a process of the workers to those who wait for pages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from django.conf import settings

from apps.core.locks import alone


@contextmanager
def turn() -> Iterator[bool]:
    """Whether a network may be run now: one process less than there are do so at once."""
    most = max(1, settings.ENVIRONMENT.worker_processes - 1)
    with ExitStack() as held:
        locks = (alone(f"runs of networks {number}") for number in range(most))
        yield any(held.enter_context(lock) for lock in locks)
