"""Proposals for a revision, and what becomes of their slices."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db.models import Prefetch, prefetch_related_objects

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
    if method is not Method.UNET:
        return None
    configured = settings.ENVIRONMENT.depth_unet
    if not configured:
        return NO_CHECKPOINT
    check = MethodCheck.objects.filter(method=method.value, means=configured).first()
    if check is None:
        return _NOT_LOOKED_AT
    if check.problem:
        return check.problem
    return _NOT_LOOKED_AT if check.checked_at is None else None


def methods() -> list[dict[str, Any]]:
    """The ways to fill, and whether each is there."""
    return [
        {
            "key": method.value,
            "title": TITLES[method],
            "available": sentence is None,
            "sentence": sentence,
        }
        for method in Method
        for sentence in [why_not(method)]
    ]
