"""Jobs that last, of whichever kind, leave a process of the workers to those who wait for pages."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from django.conf import settings

from apps.core.locks import alone, is_held, one_of

_AT_WORK = "jobs that last"
_IN_LINE = "a job that lasts waits for a turn"
_NO_WAIT = (0.0,)


@contextmanager
def turn_to_last(*, pauses_s: Sequence[float] = _NO_WAIT) -> Iterator[bool]:
    """Whether a job that lasts may be done now: one process less than there are does so at once.

    With pauses it is looked for after each, while those who do their job in slices give way; but
    one job alone waits so.
    """
    most = max(1, settings.ENVIRONMENT.worker_processes - 1)
    with ExitStack() as held:
        has_turn = held.enter_context(one_of(_AT_WORK, most))
        if not has_turn and len(pauses_s) > 1:
            with alone(_IN_LINE) as is_first:
                for pause_s in pauses_s if is_first else ():
                    time.sleep(pause_s)
                    has_turn = held.enter_context(one_of(_AT_WORK, most))
                    if has_turn:
                        break
        yield has_turn


def somebody_waits() -> bool:
    """Whether a job waits for a turn that one which is done in slices should give up."""
    return is_held(_IN_LINE)
