"""Jobs that last, of whichever kind, leave a process of the workers to those who wait for pages."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager

from django.conf import settings

from apps.core.locks import alone, is_held, one_of

_AT_WORK = "jobs that last"
_LOOKING = "looks that somebody waits for"
_IN_LINE = "a job that lasts waits for a turn"
_NO_WAIT = (0.0,)


@contextmanager
def turn_to_last(*, pauses_s: Sequence[float] = _NO_WAIT) -> Iterator[bool]:
    """Whether a job that lasts may be done now: one process less than there are does so at once.

    With pauses it is looked for after each, while those who do their job in slices give way; but
    one job alone waits so.
    """
    most = _most()
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


@contextmanager
def turn_after_others() -> Iterator[bool]:
    """The same at once or not at all, and not before somebody who waits in line."""
    with ExitStack() as held:
        yield not somebody_waits() and held.enter_context(turn_to_last())


def turn_to_look() -> AbstractContextManager[bool]:
    """Whether a look that a person waits for may be taken now. Of these too one process less than
    there are takes them at once, but they do not wait for what lasts."""
    return one_of(_LOOKING, _most())


def _most() -> int:
    return max(1, settings.ENVIRONMENT.worker_processes - 1)


def somebody_waits() -> bool:
    """Whether a job waits for a turn that one which is done in slices should give up."""
    return is_held(_IN_LINE)
