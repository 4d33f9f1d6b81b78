"""Keep what workers find of what a method needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from apps.revision.domain import Method
from apps.revision.models import MethodCheck
from apps.revision.selectors.proposals import SEEN_WITHIN

MOST_ATTEMPTS = 3
_ENDED = f"Looking at the network's checkpoint ended the process {MOST_ATTEMPTS} times."


@dataclass(frozen=True)
class Means:
    """What a method needs, as a machine has it: its file, as the setting names it, and which
    version of it. `worker` looks: each has another name, and each start of one."""

    method: Method
    host: str
    file: str
    version: str
    worker: str = ""


def begin_look(means: Means, now: datetime, refused_until: datetime) -> bool:
    """Whether it has to be looked at: it is another than the last time, nobody saw the end, or it
    was refused by then, which people are told meanwhile.

    What may end its reader is counted before it is read; what did so is left alone until it is
    another. Machines that are gone, as a container that was killed, are forgotten.
    """
    MethodCheck.objects.filter(seen_at__lt=now - SEEN_WITHIN).delete()
    seen = {"worker": means.worker, "seen_at": now}
    check, _ = MethodCheck.objects.update_or_create(
        method=means.method.value,
        host=means.host,
        defaults=seen,
        create_defaults={"means": means.file, "version": means.version, **seen},
    )
    if (check.means, check.version) != (means.file, means.version):
        check.means, check.version = means.file, means.version
        check.attempts, check.problem, check.facts, check.checked_at = 0, "", {}, None
    elif check.checked_at is not None:
        if not check.problem or check.checked_at > refused_until:
            return False
        check.checked_at = now
        check.save(update_fields=["checked_at"])
        return True
    elif check.problem:
        return False
    is_last = check.attempts >= MOST_ATTEMPTS
    if is_last:
        check.problem = _ENDED
    else:
        check.attempts += 1
    check.save()
    return not is_last


def end_look(means: Means, *, problem: str, facts: Mapping[str, object], now: datetime) -> None:
    """Keep what was found of it; `problem` is a sentence, or nothing where it can be used."""
    looked_at = MethodCheck.objects.filter(
        method=means.method.value, host=means.host, means=means.file, version=means.version
    )
    looked_at.update(problem=problem, facts=dict(facts), checked_at=now)


def forget_worker(worker: str) -> None:
    """It ends: what it would use says nothing any more. Where another one of its machine has looked
    since, as the next one does that is started before this one ends, that stays."""
    MethodCheck.objects.filter(worker=worker).delete()
