"""What there is to see of a revision for who does not draw on it."""

from __future__ import annotations

from django.db.models import QuerySet

from apps.campaigns.models import Campaign
from apps.core.errors import NotFoundError
from apps.revision.models import Revision, RevisionLease

MOST_LEASES = 50


def revision_in(campaign: Campaign, revision_id: int) -> Revision:
    """With all that its easel is made of, who has or finished it, and its settlement. Raises
    NotFoundError."""
    revisions = Revision.objects.select_related(
        "campaign__table__dataset",
        "item__instance",
        "item__settlement",
        "added__instance",
        "added__added_by",
        "lease__user",
    )
    revision = revisions.filter(pk=revision_id, campaign=campaign).first()
    if revision is None:
        raise NotFoundError(f"The campaign has no revision {revision_id}.")
    return revision


def leases_of_revision(revision: Revision) -> QuerySet[RevisionLease]:
    """Who was handed it, and how it ended, the latest first; at most MOST_LEASES."""
    leases = RevisionLease.objects.filter(revision=revision).select_related("user")
    return leases.order_by("-pk")[:MOST_LEASES]
