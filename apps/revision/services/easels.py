"""The pictures of easels for somebody who waits: from Redis, rendered by workers."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from contextlib import suppress
from datetime import datetime

from django.db.models import Q

from apps.core.jobs import Job, enqueue
from apps.datasets.services.cutouts import await_frames, cutout_store
from apps.revision.models import Revision
from apps.revision.selectors.easels import Easel, NoEaselError, easel_of, revision_after

PATIENCE_S = 4.0


def note_shown(easel: Easel) -> None:
    """From now on the revision keeps so many slices, also where its campaign shows fewer."""
    depth = easel.request.depth
    if easel.revision.seen_depth == depth:
        return
    shown_less = Q(seen_depth__isnull=True) | Q(seen_depth__lt=depth)
    Revision.objects.filter(shown_less, pk=easel.revision.pk).update(seen_depth=depth)


def picture_of(easel: Easel, now: datetime, *, ahead: bool) -> Iterator[bytes]:
    """The frames of an easel, its middle slice first; what does not come within PATIENCE_S is
    marked as pending. Must be called outside a transaction.

    Where `ahead`, what its person is handed next is rendered behind it, so that they need not wait
    for that; who only looks is handed nothing.
    """
    ends_at = time.monotonic() + PATIENCE_S
    key = easel.request.key

    def ask(_: Collection[str]) -> None:
        _send(easel.revision)

    yield from await_frames("middle", [key], PATIENCE_S, ask)
    yield from await_frames("rest", [key], max(0.0, ends_at - time.monotonic()))
    following = revision_after(easel.revision, now) if ahead else None
    if following is not None:
        with suppress(NoEaselError):  # who is handed it is told
            request_picture(following)


def request_picture(revision: Revision) -> None:
    """Have the picture of a revision rendered that somebody will ask for, without waiting."""
    store, key = cutout_store(), easel_of(revision).request.key
    if store.missing([key]) and store.announce(f"easel-{key}"):
        _send(revision)


def _send(revision: Revision) -> None:
    enqueue(Job.RENDER_EASEL, revision_id=revision.pk)
