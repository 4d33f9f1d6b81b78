"""Proposals for a revision, and what becomes of their slices."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Prefetch, Q, prefetch_related_objects

from apps.core.errors import NotFoundError
from apps.revision.domain import Method
from apps.revision.domain.labels import Area, Labels, stored_labels
from apps.revision.models import MethodCheck, Proposal, ProposedSlice, Revision

MOST_TOLD = 10
TITLES = {
    Method.CLASSICAL: "From the shapes that were drawn and the image",
    Method.UNET: "By a trained network (3-D U-Net)",
}
NO_CHECKPOINT = (
    "No checkpoint of a network is configured on this server: whoever runs it names one in "
    "SYNANNO_DEPTH_UNET."
)
_NOT_LOOKED_AT = (
    "No worker has looked at the network's checkpoint yet (SYNANNO_DEPTH_UNET); look again in a "
    "minute."
)
_SOME_CANNOT = (
    "On {some} of {all} machines the network cannot be used: where it fails, ask for it again. "
    "{problem}"
)
_DIFFERENT = (
    "The machines of this server have different networks (SYNANNO_DEPTH_UNET): what is proposed "
    "depends on which of them does it."
)
DIGEST = "sha256"  # among the facts of a check
# Each machine looks each minute, or when it has done a long job; one that is gone says nothing any
# more, and is forgotten where another looks.
SEEN_WITHIN = timedelta(minutes=15)


def proposals_of(revision: Revision) -> list[Proposal]:
    """The latest proposals, the newest first, with their slices."""
    latest = Proposal.objects.filter(revision=revision).select_related("lease__user")
    return _with_slices(latest.order_by("-pk")[:MOST_TOLD])


def proposal_of(revision: Revision, proposal_id: int) -> Proposal:
    """One of them. Raises NotFoundError."""
    found = Proposal.objects.filter(revision=revision, pk=proposal_id)
    for proposal in _with_slices(found.select_related("lease__user")):
        return proposal
    raise NotFoundError("There is no such proposal for this instance.")


def _with_slices(proposals: Iterable[Proposal]) -> list[Proposal]:
    found = list(proposals)
    slices = ProposedSlice.objects.order_by("z")
    prefetch_related_objects(found, Prefetch("slices", slices))
    return found


def told(proposal: Proposal, area: Area) -> dict[str, Any]:
    """A proposal as clients are told, its runs in the area that they draw in."""
    return {
        "id": proposal.pk,
        "method": proposal.method,
        "status": proposal.status,
        "failure": proposal.failure or None,
        "asked_at": proposal.asked_at,
        "reach": proposal.reach,
        "seeds": sorted(int(z) for z in proposal.seeds),
        "slices": [
            {
                "z": one.z,
                "runs": labels_in(one).within(area).runs,
                "how": one.how,
                "confidence": one.confidence,
                "fate": one.fate or None,
            }
            for one in proposal.slices.all()
        ],
    }


def labels_in(one: ProposedSlice) -> Labels:
    """What is proposed for a slice."""
    return stored_labels(bytes(one.labels), Area(one.lo_x, one.lo_y, one.hi_x, one.hi_y))


def why_not(method: Method) -> str | None:
    """Why this server cannot fill in this way, as a sentence; None where it can."""
    state = _state_of(method)
    return None if state.is_available else state.sentence


@dataclass(frozen=True)
class _State:
    """Whether a method can be used; and why it cannot, or what to know of it."""

    is_available: bool
    sentence: str | None = None


def _state_of(method: Method) -> _State:
    if method is not Method.UNET:
        return _State(is_available=True)
    configured = settings.ENVIRONMENT.depth_unet
    if not configured:
        return _State(is_available=False, sentence=NO_CHECKPOINT)
    checks = _checks_of(method, configured)
    problems = [one.problem for one in checks if one.problem]
    fitting = [one for one in checks if not one.problem]
    if not fitting:
        return _State(is_available=False, sentence=[*problems, _NOT_LOOKED_AT][0])
    if problems:
        told = _SOME_CANNOT.format(some=len(problems), all=len(checks), problem=problems[0])
        return _State(is_available=True, sentence=told)
    is_same = len({one.facts.get(DIGEST) for one in fitting}) == 1
    return _State(is_available=True, sentence=None if is_same else _DIFFERENT)


def _checks_of(method: Method, configured: str) -> list[MethodCheck]:
    """What the machines found, in the order of their names: of two that differ none takes the
    other's place by looking later."""
    checks = MethodCheck.objects.filter(method=method.value, means=configured)
    has_ended = ~Q(problem="") | Q(checked_at__isnull=False)
    return list(checks.filter(has_ended).order_by("host"))


def methods() -> list[dict[str, Any]]:
    """The ways to fill, and whether each is there."""
    return [
        {
            "key": method.value,
            "title": TITLES[method],
            "available": state.is_available,
            "sentence": state.sentence,
        }
        for method in Method
        for state in [_state_of(method)]
    ]
