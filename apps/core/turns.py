"""Turns: jobs that last leave a process of the workers to those who wait for pages.

All kinds of them share one limit. Looks that somebody waits for have another one, so that they need
not wait for what lasts: together they may take the last process, for minutes at most. A job that
finds no turn leaves what it is for as it waits, and ends; it is sent again when a turn has ended.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

from django.conf import settings

from apps.core.jobs import Job, enqueue
from apps.core.locks import one_of

# One job of each kind stands for it. A kind is followed by the next, the last by the first.
LASTING = (Job.WRITE_EXPORT, Job.RESTORE, Job.SYNC_DELIVERY, Job.SAVE_PLAN)
LOOKS = (Job.EXAMINE_PLAN, Job.FILL_DEPTH_UNET, Job.TRY_DELIVERY)
BEHIND_S = 1.0
Send = Callable[[float], int]


def turn_to_last() -> AbstractContextManager[bool]:
    """Whether a job that lasts may be done now: of all of them one less than there are processes
    is done at once."""
    return one_of("jobs that last", _most())


def turn_to_look() -> AbstractContextManager[bool]:
    """Whether a look that somebody waits for may be taken now: of these, too, one less than there
    are processes is taken at once."""
    return one_of("looks that somebody waits for", _most())


def _most() -> int:
    return max(1, settings.ENVIRONMENT.worker_processes - 1)


def turn_has_ended(kind: Job) -> None:
    """Have those sent that wait for a turn. To be called when the turn has been let go, and with it
    all other locks that a job looks for only once; also where the work has failed, or nothing was
    to be done: else whoever waits does so until the sweep, or until another turn ends."""
    enqueue(Job.GIVE_TURNS, kind=kind.value)


def give_turns(kind: Job, sends: Mapping[Job, Send]) -> None:
    """Send what waits for a turn after one of this kind: first the next kind of which something
    waits, all others behind it, its own last. Else whoever has just had a turn would often be the
    first to look for one.

    `sends` has what sends the jobs of a kind so many seconds later, and says how many it sent.
    """
    after_s = 0.0
    for following in _after(kind):
        if sends[following](after_s):
            after_s = BEHIND_S


def _after(kind: Job) -> tuple[Job, ...]:
    kinds = LASTING if kind in LASTING else LOOKS
    following = kinds.index(kind) + 1
    return kinds[following:] + kinds[:following]
