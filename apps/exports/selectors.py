"""Reads of exports and of files to restore from."""

from __future__ import annotations

import uuid

from django.db.models import QuerySet

from apps.accounts.models import User
from apps.campaigns.models import Campaign
from apps.core.errors import NotFoundError
from apps.exports.models import Export, Restore

MOST_LISTED = 50


def exports_of(campaign: Campaign) -> list[Export]:
    """The latest exports of a campaign, the newest first; not those of commands, nor those that
    somebody has removed."""
    return list(_listed(campaign).order_by("-pk")[:MOST_LISTED])


def export_of(campaign: Campaign, key: uuid.UUID) -> Export:
    """One of them. Raises NotFoundError."""
    export = _listed(campaign).filter(key=key).first()
    if export is None:
        raise NotFoundError("This campaign has no such export.")
    return export


def _listed(campaign: Campaign) -> QuerySet[Export]:
    known = Export.objects.filter(campaign=campaign, folder="").select_related("asked_by")
    return known.exclude(state=Export.State.REMOVED)


def restores_of(by: User) -> list[Restore]:
    """The files that a person has sent, the newest first."""
    return list(Restore.objects.filter(asked_by=by).order_by("-pk")[:MOST_LISTED])
